namespace Mesh.Onnx.Evaluation.Kernels;

/// <summary>
/// Resampling, one dimension after the other: each output position takes weighted neighbours of the input (ONNX <c>Resize</c>, and
/// <c>Upsample</c> before it).
/// </summary>
internal static class ResizeKernels
{
    private const int CoordinateModesSince = 11;

    public static IReadOnlyDictionary<string, Action<NodeRun>> All { get; } = new Dictionary<string, Action<NodeRun>>
    {
        ["Resize"] = Resize,
        ["Upsample"] = run => Resample(run, run.Opset >= 9 ? Scales(run, run.Input(1)) : run.Node.Floats("scales") ?? throw run.Wrong("has no scales"), null),
    };

    private static void Resize(NodeRun run)
    {
        var x = run.Input(0);
        if (run.Opset < CoordinateModesSince)
        {
            Resample(run, Scales(run, run.Input(1)), null);
            return;
        }

        if (run.Node.Int("antialias", 0) != 0) throw run.Unsupported("antialias is on");
        int[] axes = [.. (run.Node.Ints("axes") ?? [.. Enumerable.Range(0, x.Rank).Select(axis => (long)axis)]).Select(axis => run.Axis(axis, x.Rank))];
        var scales = new float[x.Rank];
        Array.Fill(scales, 1);
        if (run.Optional(3) is { Length: > 0 } sizes)
        {
            int[] wanted = Wanted(run, x, axes, sizes.ToInts(), scales);
            Resample(run, scales, wanted);
            return;
        }

        float[] given = Scales(run, run.Input(2));
        if (given.Length != axes.Length) throw run.Wrong($"has {given.Length} scales for {axes.Length} axes");
        for (int i = 0; i < axes.Length; i++) scales[axes[i]] = given[i];
        Resample(run, scales, null);
    }

    private static int[] Wanted(NodeRun run, Tensor x, int[] axes, long[] sizes, float[] scales)
    {
        if (sizes.Length != axes.Length || sizes.Any(size => size is < 1 or > int.MaxValue)) throw run.Wrong($"resizes {x} to [{string.Join(", ", sizes)}]");
        int[] wanted = [.. x.Shape];
        string policy = run.Node.Text("keep_aspect_ratio_policy", "stretch");
        for (int i = 0; i < axes.Length; i++)
        {
            wanted[axes[i]] = (int)sizes[i];
            scales[axes[i]] = sizes[i] / (float)x.Shape[axes[i]];
        }

        if (policy == "stretch") return wanted;
        float common = policy switch
        {
            "not_larger" => axes.Min(axis => scales[axis]),
            "not_smaller" => axes.Max(axis => scales[axis]),
            _ => throw run.Wrong($"has keep_aspect_ratio_policy '{policy}'"),
        };
        foreach (int axis in axes)
        {
            scales[axis] = common;
            wanted[axis] = (int)MathF.Round(common * x.Shape[axis], MidpointRounding.AwayFromZero);
        }

        return wanted;
    }

    private static float[] Scales(NodeRun run, Tensor tensor) =>
        tensor.Type == OnnxElementType.Float ? tensor.As<float>().ToArray() : throw run.Wrong($"has scales of {tensor.Type}");

    private static void Resample(NodeRun run, float[] scales, int[]? sizes)
    {
        var x = run.Input(0);
        if (scales.Length != x.Rank || scales.Any(scale => !(scale > 0) || !float.IsFinite(scale))) throw run.Wrong($"has scales [{string.Join(", ", scales)}] for {x}");
        // In single precision, as the scales are: five times 2.6 are thirteen.
        int[] shape = sizes ?? [.. x.Shape.Select((size, i) => checked((int)MathF.Floor(size * scales[i])))];
        string mode = run.Node.Text("mode", "nearest");
        if (mode == "nearest")
        {
            var result = run.Output(0, x.Type, shape);
            if (result.Length == 0) return;
            var coordinates = new Coordinates(run);
            int[][] maps = [.. shape.Select((size, axis) => Enumerable.Range(0, size).Select(at => size == x.Shape[axis] && scales[axis] == 1 ? at : coordinates.Nearest(at, scales[axis], x.Shape[axis], size)).ToArray())];
            MovementKernels.CopyMapped(x, maps, default, result);
            return;
        }

        if (x.Type != OnnxElementType.Float) throw run.UnsupportedType(x.Type);
        if (mode is not ("linear" or "bilinear" or "cubic")) throw run.Unsupported($"mode is '{mode}'");
        var current = x.Reshaped(x.Shape);
        for (int axis = 0; axis < x.Rank; axis++)
        {
            if (shape[axis] == x.Shape[axis] && scales[axis] == 1) continue;
            var next = run.Scratch(x.Type, [.. current.Shape.Select((size, d) => d == axis ? shape[axis] : size)]);
            var taps = new Coordinates(run).Taps(mode == "cubic", scales[axis], x.Shape[axis], shape[axis]);
            Apply(current, next, axis, taps);
            current.Release();
            current = next;
        }

        run.Give(0, current);
    }

    private static void Apply(Tensor x, Tensor y, int axis, (int Index, float Weight)[][] taps)
    {
        int inner = Shape.Count(x.Shape.AsSpan(axis + 1)), outer = Shape.Count(x.Shape.AsSpan(0, axis));
        var source = x.As<float>();
        var target = y.As<float>();
        target.Clear();
        for (int i = 0; i < outer; i++)
        {
            for (int j = 0; j < taps.Length; j++)
            {
                var row = target.Slice(((i * taps.Length) + j) * inner, inner);
                foreach (var (index, weight) in taps[j])
                {
                    var from = source.Slice(((i * x.Shape[axis]) + index) * inner, inner);
                    for (int k = 0; k < inner; k++) row[k] += from[k] * weight;
                }
            }
        }
    }

    /// <summary>Where an output position lies on the input.</summary>
    private sealed class Coordinates
    {
        private readonly NodeRun run;
        private readonly string transformation;
        private readonly string nearest;
        private readonly bool excludeOutside;
        private readonly float cubic;

        public Coordinates(NodeRun run)
        {
            this.run = run;
            bool named = run.Opset >= CoordinateModesSince && run.Node.OperatorType == "Resize";
            transformation = named ? run.Node.Text("coordinate_transformation_mode", "half_pixel") : "asymmetric";
            nearest = named ? run.Node.Text("nearest_mode", "round_prefer_floor") : "floor";
            excludeOutside = run.Node.Int("exclude_outside", 0) != 0;
            cubic = run.Node.Float("cubic_coeff_a", -0.75f);
        }

        public int Nearest(int at, float scale, int size, int target)
        {
            float place = Place(at, scale, size, target);
            double index = nearest switch
            {
                "floor" => Math.Floor(place),
                "ceil" => Math.Ceiling(place),
                "round_prefer_ceil" => Math.Floor(place + 0.5),
                "round_prefer_floor" => Math.Ceiling(place - 0.5),
                _ => throw run.Wrong($"has nearest_mode '{nearest}'"),
            };
            return (int)Math.Clamp(index, 0, size - 1);
        }

        public (int Index, float Weight)[][] Taps(bool isCubic, float scale, int size, int target)
        {
            var taps = new (int, float)[target][];
            for (int at = 0; at < target; at++)
            {
                float place = Place(at, scale, size, target);
                if (!isCubic)
                {
                    place = Math.Clamp(place, 0, size - 1);
                    int left = Math.Min((int)place, size - 1), right = Math.Min(left + 1, size - 1);
                    float share = place - left;
                    taps[at] = left == right ? [(left, 1f)] : [(left, 1 - share), (right, share)];
                    continue;
                }

                taps[at] = Cubic(place, size);
            }

            return taps;
        }

        private (int Index, float Weight)[] Cubic(float place, int size)
        {
            int left = (int)MathF.Floor(place);
            float t = place - left, a = cubic;
            float[] weights =
            [
                (((((a * (t + 1)) - (5 * a)) * (t + 1)) + (8 * a)) * (t + 1)) - (4 * a),
                ((((a + 2) * t) - (a + 3)) * t * t) + 1,
                ((((a + 2) * (1 - t)) - (a + 3)) * (1 - t) * (1 - t)) + 1,
                (((((a * (2 - t)) - (5 * a)) * (2 - t)) + (8 * a)) * (2 - t)) - (4 * a),
            ];
            if (excludeOutside)
            {
                float sum = 0;
                for (int i = 0; i < 4; i++)
                {
                    if (left - 1 + i < 0 || left - 1 + i >= size) weights[i] = 0;
                    sum += weights[i];
                }

                for (int i = 0; i < 4; i++) weights[i] /= sum;
            }

            return [.. weights.Select((weight, i) => (Math.Clamp(left - 1 + i, 0, size - 1), weight))];
        }

        private float Place(int at, float scale, int size, int target) => transformation switch
        {
            "half_pixel" => ((at + 0.5f) / scale) - 0.5f,
            "half_pixel_symmetric" => (size / 2f * (1 - (target / (scale * size)))) + ((at + 0.5f) / scale) - 0.5f,
            "pytorch_half_pixel" => target > 1 ? ((at + 0.5f) / scale) - 0.5f : 0,
            "align_corners" => target == 1 ? 0 : at * (size - 1) / (float)(target - 1),
            "asymmetric" => at / scale,
            "tf_half_pixel_for_nn" => (at + 0.5f) / scale,
            _ => throw run.Unsupported($"coordinate_transformation_mode is '{transformation}'"),
        };
    }
}
