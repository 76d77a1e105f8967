namespace Mesh.Onnx.Evaluation.Kernels;

/// <summary>Operators on shapes: they look at sizes, or give the same elements other ones.</summary>
internal static class ShapeKernels
{
    public static IReadOnlyDictionary<string, Action<NodeRun>> All { get; } = new Dictionary<string, Action<NodeRun>>
    {
        ["Identity"] = PassOn,
        ["Dropout"] = Dropout,
        ["Reshape"] = Reshape,
        ["Flatten"] = Flatten,
        ["Squeeze"] = Squeeze,
        ["Unsqueeze"] = Unsqueeze,
        ["Shape"] = ShapeOf,
        ["Size"] = run => run.Output(0, OnnxElementType.Int64).As<long>()[0] = run.Input(0).Length,
        ["Constant"] = Constant,
        ["ConstantOfShape"] = ConstantOfShape,
        ["Range"] = Range,
        ["EyeLike"] = EyeLike,
        ["Cast"] = CastKernels.Cast,
        ["CastLike"] = CastKernels.CastLike,
    };

    private static void PassOn(NodeRun run) => run.Give(0, run.Input(0).Reshaped(run.Input(0).Shape));

    private static void Dropout(NodeRun run)
    {
        if (run.Opset >= 12 && run.Optional(2) is { } training && training.Bytes[0] != 0) throw run.Unsupported("training_mode is on");
        PassOn(run);
        if (run.Wants(1)) run.Output(1, OnnxElementType.Boolean, run.Input(0).Shape).Bytes.Fill(1);
    }

    private static void Reshape(NodeRun run)
    {
        var x = run.Input(0);
        long[] wanted = run.Input(1).ToInts();
        bool zeroIsZero = run.Node.Int("allowzero", 0) != 0;
        var shape = new int[wanted.Length];
        int open = -1;
        Int128 known = 1;
        for (int i = 0; i < wanted.Length; i++)
        {
            if (wanted[i] == -1)
            {
                if (open >= 0) throw run.Wrong($"leaves more than one dimension of [{string.Join(", ", wanted)}] open");
                open = i;
                continue;
            }

            if (wanted[i] < -1 || wanted[i] > int.MaxValue || (wanted[i] == 0 && !zeroIsZero && i >= x.Rank)) throw run.Wrong($"reshapes {x} to [{string.Join(", ", wanted)}]");
            shape[i] = wanted[i] == 0 && !zeroIsZero ? x.Shape[i] : (int)wanted[i];
            known = Int128.Min(known * shape[i], long.MaxValue);
        }

        if (open >= 0)
        {
            if (known == 0 || x.Length % known != 0) throw run.Wrong($"reshapes {x} to [{string.Join(", ", wanted)}]");
            shape[open] = (int)(x.Length / known);
            known *= shape[open];
        }

        if (known != x.Length) throw run.Wrong($"reshapes {x} to [{string.Join(", ", wanted)}]");
        run.Give(0, x.Reshaped(shape));
    }

    private static void Flatten(NodeRun run)
    {
        var x = run.Input(0);
        long axis = run.Node.Int("axis", 1);
        int first = axis == x.Rank ? x.Rank : run.Axis(axis, x.Rank);
        run.Give(0, x.Reshaped([Shape.Count(x.Shape.AsSpan(0, first)), Shape.Count(x.Shape.AsSpan(first))]));
    }

    private static long[]? Axes(NodeRun run) => run.Opset >= 13 ? run.Optional(1)?.ToInts() : run.Node.Ints("axes");

    private static void Squeeze(NodeRun run)
    {
        var x = run.Input(0);
        var axes = Axes(run)?.Select(axis => run.Axis(axis, x.Rank)).ToHashSet() ?? [.. Enumerable.Range(0, x.Rank).Where(axis => x.Shape[axis] == 1)];
        if (axes.Any(axis => x.Shape[axis] != 1)) throw run.Wrong($"squeezes dimensions {string.Join(", ", axes)} of {x}");
        run.Give(0, x.Reshaped([.. x.Shape.Where((_, axis) => !axes.Contains(axis))]));
    }

    private static void Unsqueeze(NodeRun run)
    {
        var x = run.Input(0);
        long[] named = Axes(run) ?? throw run.Wrong("has no axes");
        int rank = x.Rank + named.Length;
        var axes = named.Select(axis => run.Axis(axis, rank)).ToHashSet();
        if (axes.Count != named.Length) throw run.Wrong($"inserts a dimension twice: [{string.Join(", ", named)}]");
        int next = 0;
        run.Give(0, x.Reshaped([.. Enumerable.Range(0, rank).Select(axis => axes.Contains(axis) ? 1 : x.Shape[next++])]));
    }

    private static void ShapeOf(NodeRun run)
    {
        int rank = run.Input(0).Rank;
        int start = Clamp(run.Node.Int("start", 0), rank), end = Clamp(run.Node.Int("end", rank), rank), count = Math.Max(0, end - start);
        var result = run.Output(0, OnnxElementType.Int64, count).As<long>();
        for (int i = 0; i < count; i++) result[i] = run.Input(0).Shape[start + i];
    }

    /// <summary>An end of <c>Shape</c>'s range, counted from either side and cut to the dimensions there are.</summary>
    public static int Clamp(long axis, int rank) => (int)Math.Clamp(axis < 0 ? axis + rank : axis, 0, rank);

    private static void Constant(NodeRun run) =>
        run.Give(0, Tensor.Around(ConstantOf(run.Node) ?? throw run.Unsupported("it has no value of numbers")));

    /// <summary>The value of a <c>Constant</c> node, or null when it is text or sparse.</summary>
    public static OnnxTensor? ConstantOf(Graph.GraphNode node)
    {
        if (node.Tensor("value") is { } tensor) return tensor;
        if (node.Has("value_float")) return OnnxTensor.Of<float>([node.Float("value_float", 0)]);
        if (node.Has("value_int")) return OnnxTensor.Of<long>([node.Int("value_int", 0)]);
        if (node.Floats("value_floats") is { } floats) return OnnxTensor.Of<float>(floats, floats.Length);
        return node.Ints("value_ints") is { } integers ? OnnxTensor.Of<long>(integers, integers.Length) : null;
    }

    private static void ConstantOfShape(NodeRun run)
    {
        long[] sizes = run.Input(0).ToInts();
        if (sizes.Any(size => size is < 0 or > int.MaxValue)) throw run.Wrong($"fills the sizes [{string.Join(", ", sizes)}]");
        var value = run.Node.Tensor("value") ?? OnnxTensor.Of<float>([0], 1);
        if (value.Count != 1) throw run.Wrong($"fills with {value}, expected one element");
        var result = run.Output(0, value.ElementType, [.. sizes.Select(size => (int)size)]);
        int width = value.Bytes.Length;
        for (int at = 0; at < result.Bytes.Length; at += width) value.Bytes.Span.CopyTo(result.Bytes[at..]);
    }

    private static void Range(NodeRun run)
    {
        var (start, limit, delta) = (run.Input(0), run.Input(1), run.Input(2));
        if (start.Type != limit.Type || start.Type != delta.Type || start.Length != 1 || limit.Length != 1 || delta.Length != 1) throw run.Wrong($"counts from {start} to {limit} by {delta}");
        double count = Math.Max(0, Math.Ceiling((limit.Number() - start.Number()) / delta.Number()));
        if (!(count <= int.MaxValue)) throw run.Wrong($"counts to {count} elements");
        var result = run.Output(0, start.Type, (int)count);
        for (int i = 0; i < result.Length; i++)
        {
            switch (start.Type)
            {
                case OnnxElementType.Int64: result.As<long>()[i] = start.As<long>()[0] + (i * delta.As<long>()[0]); break;
                case OnnxElementType.Int32: result.As<int>()[i] = start.As<int>()[0] + (i * delta.As<int>()[0]); break;
                case OnnxElementType.Float: result.As<float>()[i] = start.As<float>()[0] + (i * delta.As<float>()[0]); break;
                case OnnxElementType.Double: result.As<double>()[i] = start.As<double>()[0] + (i * delta.As<double>()[0]); break;
                default: throw run.UnsupportedType(start.Type);
            }
        }
    }

    private static void EyeLike(NodeRun run)
    {
        var x = run.Input(0);
        if (x.Rank != 2) throw run.Wrong($"takes the sizes of {x}, expected two");
        long diagonal = run.Node.Int("k", 0);
        var ones = run.Scratch(OnnxElementType.Float, x.Shape);
        ones.As<float>().Clear();
        for (int i = 0; i < x.Shape[0]; i++)
        {
            if (i + diagonal >= 0 && i + diagonal < x.Shape[1]) ones.As<float>()[(i * x.Shape[1]) + (int)(i + diagonal)] = 1;
        }

        CastKernels.Copy(ones, run.Output(0, (OnnxElementType)run.Node.Int("dtype", (long)x.Type), x.Shape));
        ones.Release();
    }
}
