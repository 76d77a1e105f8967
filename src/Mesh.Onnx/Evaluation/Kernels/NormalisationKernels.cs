namespace Mesh.Onnx.Evaluation.Kernels;

/// <summary>Normalisation and softmax, in double precision inside.</summary>
internal static class NormalisationKernels
{
    private const int SoftmaxPerAxis = 13;

    public static IReadOnlyDictionary<string, Action<NodeRun>> All { get; } = new Dictionary<string, Action<NodeRun>>
    {
        ["BatchNormalization"] = BatchNormalization,
        ["InstanceNormalization"] = run => Grouped(run, run.Input(0).Rank < 2 ? 0 : run.Input(0).Shape[1]),
        ["GroupNormalization"] = run => Grouped(run, run.Node.Int("num_groups", 0)),
        ["LayerNormalization"] = LayerNormalization,
        ["LRN"] = LocalResponse,
        ["LpNormalization"] = LpNormalization,
        ["Softmax"] = run => Softmax(run, logarithm: false),
        ["LogSoftmax"] = run => Softmax(run, logarithm: true),
        ["Hardmax"] = Hardmax,
    };

    private static void BatchNormalization(NodeRun run)
    {
        var x = Floats(run);
        if (run.Node.Int("training_mode", 0) != 0) throw run.Unsupported("training_mode is on");
        if (run.Node.Int("spatial", 1) == 0) throw run.Unsupported("spatial is 0");
        int channels = x.Rank < 2 ? 1 : x.Shape[1];
        for (int i = 1; i < 5; i++)
        {
            if (run.Input(i) is not { Type: OnnxElementType.Float, Rank: 1 } parameter || parameter.Shape[0] != channels) throw run.Wrong($"has parameters {run.Input(i)} for {channels} channels");
        }

        ReadOnlySpan<float> scale = run.Input(1).As<float>(), bias = run.Input(2).As<float>(), mean = run.Input(3).As<float>(), variance = run.Input(4).As<float>();
        double epsilon = run.Node.Float("epsilon", 1e-5f);
        int size = x.Rank < 2 ? 1 : Shape.Count(x.Shape.AsSpan(2));
        var source = x.As<float>();
        var target = run.Output(0, x.Type, x.Shape).As<float>();
        for (int at = 0, channel = 0; at < source.Length; at += size, channel = (channel + 1) % channels)
        {
            double factor = scale[channel] / Math.Sqrt(variance[channel] + epsilon), offset = bias[channel] - (mean[channel] * factor);
            for (int i = at; i < at + size; i++) target[i] = (float)((source[i] * factor) + offset);
        }
    }

    private static void Grouped(NodeRun run, long groups)
    {
        var x = Floats(run);
        var (scale, bias) = (run.Input(1), run.Input(2));
        if (x.Rank < 3 || groups < 1 || x.Shape[1] % groups != 0) throw run.Wrong($"normalises {x} in {groups} groups");
        int channels = x.Shape[1], perGroup = channels / (int)groups, size = Shape.Count(x.Shape.AsSpan(2));
        // Before operator set 21 GroupNormalization has a scale per group.
        bool scalePerGroup = run.Node.OperatorType == "GroupNormalization" && run.Opset < 21;
        int scales = scalePerGroup ? (int)groups : channels;
        if (scale.Length != scales || bias.Length != scales || scale.Type != x.Type || bias.Type != x.Type) throw run.Wrong($"has scale {scale} and bias {bias} where {scales} are expected");
        double epsilon = run.Node.Float("epsilon", 1e-5f);
        var source = x.As<float>();
        var target = run.Output(0, x.Type, x.Shape).As<float>();
        for (int at = 0, group = 0; at < source.Length; at += perGroup * size, group = (group + 1) % (int)groups)
        {
            var (mean, inverse) = Moments(source.Slice(at, perGroup * size), epsilon);
            for (int i = 0; i < perGroup * size; i++)
            {
                int which = scalePerGroup ? group : (group * perGroup) + (i / size);
                target[at + i] = (float)(((source[at + i] - mean) * inverse * scale.As<float>()[which]) + bias.As<float>()[which]);
            }
        }
    }

    private static void LayerNormalization(NodeRun run)
    {
        var x = Floats(run);
        var (scale, bias) = (run.Input(1), run.Optional(2));
        int axis = run.Axis(run.Node.Int("axis", -1), x.Rank), size = Shape.Count(x.Shape.AsSpan(axis));
        CheckFits(run, scale, x, axis);
        if (bias is not null) CheckFits(run, bias, x, axis);
        double epsilon = run.Node.Float("epsilon", 1e-5f);
        int rows = size == 0 ? 0 : x.Length / size;
        int[] statistics = [.. x.Shape.Select((length, i) => i < axis ? length : 1)];
        var means = run.Wants(1) ? run.Output(1, OnnxElementType.Float, statistics).As<float>() : default;
        var inverses = run.Wants(2) ? run.Output(2, OnnxElementType.Float, statistics).As<float>() : default;
        var source = x.As<float>();
        var target = run.Output(0, x.Type, x.Shape).As<float>();
        for (int row = 0; row < rows; row++)
        {
            var values = source.Slice(row * size, size);
            var (mean, inverse) = Moments(values, epsilon);
            for (int i = 0; i < size; i++)
            {
                double normalised = (values[i] - mean) * inverse * scale.As<float>()[scale.Length == 1 ? 0 : i];
                target[(row * size) + i] = (float)(bias is null ? normalised : normalised + bias.As<float>()[bias.Length == 1 ? 0 : i]);
            }

            if (!means.IsEmpty) means[row] = (float)mean;
            if (!inverses.IsEmpty) inverses[row] = (float)inverse;
        }
    }

    private static void CheckFits(NodeRun run, Tensor parameter, Tensor x, int axis)
    {
        if (parameter.Type != x.Type || (parameter.Length != 1 && !Shape.Same(parameter.Shape, x.Shape.AsSpan(axis)))) throw run.Wrong($"scales {x} from axis {axis} on by {parameter}");
    }

    private static (double Mean, double InverseDeviation) Moments(ReadOnlySpan<float> values, double epsilon)
    {
        double sum = 0, squares = 0;
        foreach (float value in values) sum += value;
        double mean = sum / values.Length;
        foreach (float value in values) squares += (value - mean) * (value - mean);
        return (mean, 1 / Math.Sqrt((squares / values.Length) + epsilon));
    }

    private static void LocalResponse(NodeRun run)
    {
        var x = Floats(run);
        long window = run.Node.Int("size", 0);
        if (x.Rank < 2 || window < 1) throw run.Wrong($"normalises {x} over {window} channels");
        double alpha = run.Node.Float("alpha", 1e-4f), beta = run.Node.Float("beta", 0.75f), bias = run.Node.Float("bias", 1);
        int channels = x.Shape[1], size = Shape.Count(x.Shape.AsSpan(2));
        int before = (int)Math.Min(channels, (window - 1) / 2), after = (int)Math.Min(channels, window / 2);
        var source = x.As<float>();
        var target = run.Output(0, x.Type, x.Shape).As<float>();
        for (int at = 0; at < source.Length; at++)
        {
            int channel = at / size % channels;
            double squares = 0;
            for (int other = Math.Max(0, channel - before); other <= Math.Min(channels - 1, channel + after); other++)
            {
                double value = source[at + ((other - channel) * size)];
                squares += value * value;
            }

            target[at] = (float)(source[at] / Math.Pow(bias + (alpha / window * squares), beta));
        }
    }

    private static void LpNormalization(NodeRun run)
    {
        var x = Floats(run);
        long power = run.Node.Int("p", 2);
        if (power is not (1 or 2)) throw run.Wrong($"has p = {power}; there are 1 and 2");
        var source = x.As<float>();
        var target = run.Output(0, x.Type, x.Shape).As<float>();
        foreach (var line in Lines(run, x, run.Axis(run.Node.Int("axis", -1), x.Rank)))
        {
            double norm = 0;
            for (int i = 0; i < line.Count; i++) norm += power == 1 ? Math.Abs(source[line.At(i)]) : (double)source[line.At(i)] * source[line.At(i)];
            if (power == 2) norm = Math.Sqrt(norm);
            for (int i = 0; i < line.Count; i++) target[line.At(i)] = norm == 0 ? 0 : (float)(source[line.At(i)] / norm);
        }
    }

    private static void Softmax(NodeRun run, bool logarithm)
    {
        var x = Floats(run);
        var source = x.As<float>();
        var target = run.Output(0, x.Type, x.Shape).As<float>();
        foreach (var line in SoftmaxLines(run, x))
        {
            double largest = double.NegativeInfinity, sum = 0;
            for (int i = 0; i < line.Count; i++) largest = Math.Max(largest, source[line.At(i)]);
            for (int i = 0; i < line.Count; i++) sum += Math.Exp(source[line.At(i)] - largest);
            double logSum = Math.Log(sum);
            for (int i = 0; i < line.Count; i++)
            {
                double shifted = source[line.At(i)] - largest;
                target[line.At(i)] = (float)(logarithm ? shifted - logSum : Math.Exp(shifted) / sum);
            }
        }
    }

    private static void Hardmax(NodeRun run)
    {
        var x = Floats(run);
        var source = x.As<float>();
        var target = run.Output(0, x.Type, x.Shape).As<float>();
        target.Clear();
        foreach (var line in SoftmaxLines(run, x))
        {
            int best = 0;
            for (int i = 1; i < line.Count; i++)
            {
                if (source[line.At(i)] > source[line.At(best)]) best = i;
            }

            if (line.Count > 0) target[line.At(best)] = 1;
        }
    }

    /// <summary>Before operator set 13 everything from the axis on is one line.</summary>
    private static IEnumerable<Line> SoftmaxLines(NodeRun run, Tensor x)
    {
        if (run.Opset >= SoftmaxPerAxis) return Lines(run, x, run.Axis(run.Node.Int("axis", -1), x.Rank));
        long axis = run.Node.Int("axis", 1);
        int first = axis == x.Rank ? x.Rank : run.Axis(axis, x.Rank), size = Shape.Count(x.Shape.AsSpan(first));
        return Enumerable.Range(0, size == 0 ? 0 : x.Length / size).Select(row => new Line(row * size, 1, size));
    }

    private static IEnumerable<Line> Lines(NodeRun run, Tensor x, int axis)
    {
        int count = x.Shape[axis], step = Shape.Count(x.Shape.AsSpan(axis + 1));
        if (x.Length == 0) yield break;
        for (int outer = 0; outer < x.Length / (count * step); outer++)
        {
            for (int i = 0; i < step; i++) yield return new Line((outer * count * step) + i, step, count);
        }
    }

    private static Tensor Floats(NodeRun run) =>
        run.Input(0) is { Type: OnnxElementType.Float } x ? x : throw run.UnsupportedType(run.Input(0).Type);

    private readonly record struct Line(int First, int Step, int Count)
    {
        public int At(int index) => First + (index * Step);
    }
}
