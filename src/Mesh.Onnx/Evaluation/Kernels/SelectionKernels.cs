namespace Mesh.Onnx.Evaluation.Kernels;

/// <summary>Operators that sort, count and select.</summary>
internal static class SelectionKernels
{
    public static IReadOnlyDictionary<string, Action<NodeRun>> All { get; } = new Dictionary<string, Action<NodeRun>>
    {
        ["TopK"] = TopK,
        ["NonZero"] = NonZero,
        ["OneHot"] = OneHot,
        ["CumSum"] = CumSum,
        ["NonMaxSuppression"] = NonMaxSuppression,
    };

    private static void TopK(NodeRun run)
    {
        var x = run.Input(0);
        if (x.Type is not (OnnxElementType.Float or OnnxElementType.Double or OnnxElementType.Int64 or OnnxElementType.Int32)) throw run.UnsupportedType(x.Type);
        int axis = run.Axis(run.Node.Int("axis", -1), x.Rank), size = x.Shape[axis], step = Shape.Count(x.Shape.AsSpan(axis + 1));
        long k = run.Opset >= 10 ? run.Input(1).ToInts()[0] : run.Node.Int("k", 0);
        if (k < 0 || k > size) throw run.Wrong($"takes the first {k} of {size}");
        bool largest = run.Opset < 11 || run.Node.Int("largest", 1) != 0;
        int[] shape = [.. x.Shape.Select((length, d) => d == axis ? (int)k : length)];
        var (values, places) = (run.Output(0, x.Type, shape), run.Output(1, OnnxElementType.Int64, shape));
        int width = OnnxTensor.WidthOf(x.Type), lines = size == 0 ? 0 : x.Length / size;
        var order = new int[size];
        for (int line = 0; line < lines; line++)
        {
            int first = (line / step * size * step) + (line % step), target = (line / step * (int)k * step) + (line % step);
            for (int i = 0; i < size; i++) order[i] = i;
            // Equal values keep their order: the lower index comes first.
            Array.Sort(order, (a, b) =>
            {
                int compared = Compare(x, first + (a * step), first + (b * step));
                return compared == 0 ? a.CompareTo(b) : largest ? -compared : compared;
            });
            for (int i = 0; i < k; i++)
            {
                x.Bytes.Slice((first + (order[i] * step)) * width, width).CopyTo(values.Bytes[((target + (i * step)) * width)..]);
                places.As<long>()[target + (i * step)] = order[i];
            }
        }
    }

    private static int Compare(Tensor x, int a, int b) => x.Type switch
    {
        OnnxElementType.Int64 => x.As<long>()[a].CompareTo(x.As<long>()[b]),
        _ => x.Number(a).CompareTo(x.Number(b)),
    };

    private static void NonZero(NodeRun run)
    {
        var x = run.Input(0);
        var places = new List<int>();
        for (int i = 0; i < x.Length; i++)
        {
            if (x.Number(i) != 0) places.Add(i);
        }

        var result = run.Output(0, OnnxElementType.Int64, x.Rank, places.Count).As<long>();
        int[] strides = Shape.Strides(x.Shape);
        for (int d = 0; d < x.Rank; d++)
        {
            for (int i = 0; i < places.Count; i++) result[(d * places.Count) + i] = places[i] / strides[d] % x.Shape[d];
        }
    }

    private static void OneHot(NodeRun run)
    {
        var (indices, depths, values) = (run.Input(0), run.Input(1), run.Input(2));
        double depth = depths.Number();
        if (depths.Length != 1 || !(depth >= 1) || depth > int.MaxValue || values.Length != 2) throw run.Wrong($"has depth {depth} and values {values}");
        int size = (int)depth, axis = run.Axis(run.Node.Int("axis", -1), indices.Rank + 1), inner = Shape.Count(indices.Shape.AsSpan(axis)), width = OnnxTensor.WidthOf(values.Type);
        var result = run.Output(0, values.Type, [.. indices.Shape[..axis], size, .. indices.Shape[axis..]]);
        for (int at = 0; at < result.Length; at += 1) values.Bytes[..width].CopyTo(result.Bytes[(at * width)..]);
        for (int i = 0; i < indices.Length; i++)
        {
            double index = indices.Number(i);
            if (index < -size || index >= size) continue;
            int hot = (int)(index < 0 ? index + size : index), place = (((i / inner * size) + hot) * inner) + (i % inner);
            values.Bytes[width..].CopyTo(result.Bytes[(place * width)..]);
        }
    }

    private static void CumSum(NodeRun run)
    {
        var x = run.Input(0);
        int axis = run.Axis(run.Input(1).ToInts()[0], x.Rank), size = x.Shape[axis], step = Shape.Count(x.Shape.AsSpan(axis + 1));
        bool exclusive = run.Node.Int("exclusive", 0) != 0, reverse = run.Node.Int("reverse", 0) != 0;
        var y = run.Output(0, x.Type, x.Shape);
        switch (x.Type)
        {
            case OnnxElementType.Float: CumSum(x.As<float>(), y.As<float>(), size, step, exclusive, reverse); break;
            case OnnxElementType.Double: CumSum(x.As<double>(), y.As<double>(), size, step, exclusive, reverse); break;
            case OnnxElementType.Int32: CumSum(x.As<int>(), y.As<int>(), size, step, exclusive, reverse); break;
            case OnnxElementType.Int64: CumSum(x.As<long>(), y.As<long>(), size, step, exclusive, reverse); break;
            default: throw run.UnsupportedType(x.Type);
        }
    }

    private static void CumSum<T>(ReadOnlySpan<T> x, Span<T> y, int size, int step, bool exclusive, bool reverse)
        where T : unmanaged, System.Numerics.INumber<T>
    {
        int lines = size == 0 ? 0 : x.Length / size;
        for (int line = 0; line < lines; line++)
        {
            int first = (line / step * size * step) + (line % step);
            T sum = T.Zero;
            for (int i = 0; i < size; i++)
            {
                int at = first + ((reverse ? size - 1 - i : i) * step);
                y[at] = exclusive ? sum : sum + x[at];
                sum += x[at];
            }
        }
    }

    private static void NonMaxSuppression(NodeRun run)
    {
        var (boxes, scores) = (run.Input(0), run.Input(1));
        if (boxes is not { Type: OnnxElementType.Float, Rank: 3 } || scores is not { Type: OnnxElementType.Float, Rank: 3 } || boxes.Shape[2] != 4 || boxes.Shape[0] != scores.Shape[0] || boxes.Shape[1] != scores.Shape[2])
        {
            throw run.Wrong($"takes boxes {boxes} and scores {scores}");
        }

        long perClass = run.Optional(2)?.ToInts()[0] ?? 0;
        float overlap = run.Optional(3)?.As<float>()[0] ?? 0;
        float? threshold = run.Optional(4)?.As<float>()[0];
        bool centred = run.Node.Int("center_point_box", 0) != 0;
        int count = boxes.Shape[1], classes = scores.Shape[1];
        var selected = new List<(int Image, int Class, int Box)>();
        for (int image = 0; image < boxes.Shape[0]; image++)
        {
            for (int label = 0; label < classes; label++)
            {
                var own = scores.As<float>().Slice(((image * classes) + label) * count, count).ToArray();
                var kept = new List<int>();
                foreach (int box in Enumerable.Range(0, count).Where(i => threshold is not { } low || own[i] > low).OrderByDescending(i => own[i]))
                {
                    if (kept.Count >= perClass) break;
                    if (kept.All(other => Overlap(boxes, (image * count) + box, (image * count) + other, centred) <= overlap)) kept.Add(box);
                }

                selected.AddRange(kept.Select(box => (image, label, box)));
            }
        }

        var result = run.Output(0, OnnxElementType.Int64, selected.Count, 3).As<long>();
        for (int i = 0; i < selected.Count; i++) (result[i * 3], result[(i * 3) + 1], result[(i * 3) + 2]) = selected[i];
    }

    /// <summary>Intersection over union of two boxes.</summary>
    private static float Overlap(Tensor boxes, int first, int second, bool centred)
    {
        var a = Corners(boxes.As<float>().Slice(first * 4, 4), centred);
        var b = Corners(boxes.As<float>().Slice(second * 4, 4), centred);
        float width = MathF.Min(a.Right, b.Right) - MathF.Max(a.Left, b.Left), height = MathF.Min(a.Bottom, b.Bottom) - MathF.Max(a.Top, b.Top);
        if (width <= 0 || height <= 0) return 0;
        float both = width * height, areas = ((a.Right - a.Left) * (a.Bottom - a.Top)) + ((b.Right - b.Left) * (b.Bottom - b.Top)) - both;
        return areas <= 0 ? 0 : both / areas;
    }

    private static (float Top, float Left, float Bottom, float Right) Corners(ReadOnlySpan<float> box, bool centred) => centred
        ? (box[1] - (box[3] / 2), box[0] - (box[2] / 2), box[1] + (box[3] / 2), box[0] + (box[2] / 2))
        : (MathF.Min(box[0], box[2]), MathF.Min(box[1], box[3]), MathF.Max(box[0], box[2]), MathF.Max(box[1], box[3]));
}
