using Mesh.Model;
using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Pruning;

/// <summary>How much each channel matters.</summary>
internal static class ChannelImportance
{
    /// <summary>Scores by the channel that stands for its kin.</summary>
    /// <param name="trace">Channels and the constants that belong to them.</param>
    /// <param name="groups">Groups, each of which is scored by one measure.</param>
    /// <param name="importance">The measure.</param>
    /// <param name="meanSquares">For <see cref="PruningImportance.Activation"/>: mean square of a value at each index of its channel axis.</param>
    public static Dictionary<int, double> Score(ChannelTracer trace, IReadOnlyList<ChannelGroup> groups, PruningImportance importance, IReadOnlyDictionary<GraphValue, double[]>? meanSquares)
    {
        var wanted = importance switch
        {
            PruningImportance.L1 => Sum(trace, ChannelRole.Computes, squared: false),
            PruningImportance.BatchNormalisation => Sum(trace, ChannelRole.Scales, squared: false),
            PruningImportance.Activation => Contribution(trace, meanSquares!),
            _ => Root(Sum(trace, ChannelRole.Computes, squared: true)),
        };
        if (importance != PruningImportance.BatchNormalisation) return wanted;

        // A group of which some channels are not normalised is compared by weights.
        var byWeight = Root(Sum(trace, ChannelRole.Computes, squared: true));
        var scores = new Dictionary<int, double>();
        foreach (var group in groups)
        {
            var source = Array.TrueForAll(group.Channels, wanted.ContainsKey) ? wanted : byWeight;
            foreach (int channel in group.Channels) scores[channel] = source.GetValueOrDefault(channel);
        }

        return scores;
    }

    private static Dictionary<int, double> Sum(ChannelTracer trace, ChannelRole role, bool squared)
    {
        var sums = new Dictionary<int, double>();
        foreach (var use in trace.Uses)
        {
            if (use.Role != role) continue;
            double[] slices = SumSlices(use.Constant.Initializer!, use.Axis, squared);
            for (int i = 0; i < slices.Length; i++) Add(sums, trace.Channels.Root(use.Ids[i]), slices[i]);
        }

        return sums;
    }

    private static Dictionary<int, double> Contribution(ChannelTracer trace, IReadOnlyDictionary<GraphValue, double[]> meanSquares)
    {
        var sums = new Dictionary<int, double>();
        foreach (var use in trace.Uses)
        {
            if (use.Role != ChannelRole.Consumes || !meanSquares.TryGetValue(use.Node.Input(0)!, out double[]? squares)) continue;
            double[] slices = SumSlices(use.Constant.Initializer!, use.Axis, squared: true);
            // In grouped convolutions the weights of one index meet a channel of each group.
            for (int i = 0; i < squares.Length; i++) Add(sums, trace.Channels.Root(use.Ids[i % slices.Length]), squares[i] * slices[i % slices.Length]);
        }

        return Root(sums);
    }

    private static void Add(Dictionary<int, double> sums, int channel, double value) => sums[channel] = sums.GetValueOrDefault(channel) + value;

    private static Dictionary<int, double> Root(Dictionary<int, double> sums) => sums.ToDictionary(pair => pair.Key, pair => Math.Sqrt(pair.Value));

    /// <summary>Magnitudes, or squares, of a tensor's elements summed for each index of an axis.</summary>
    public static double[] SumSlices(TensorProto tensor, int axis, bool squared)
    {
        var values = Numbers(tensor);
        var dimensions = tensor.Dims;
        int count = (int)dimensions[axis], inner = 1;
        for (int i = axis + 1; i < dimensions.Count; i++) inner *= (int)dimensions[i];
        double[] sums = new double[count];
        for (int start = 0, index = 0; start < values.Length; start += inner, index = index + 1 == count ? 0 : index + 1)
        {
            double sum = 0;
            foreach (float value in values.Slice(start, inner)) sum += squared ? (double)value * value : Math.Abs(value);
            sums[index] += sum;
        }

        return sums;
    }

    private static ReadOnlySpan<float> Numbers(TensorProto tensor)
    {
        if (tensor.DataType == (int)OnnxElementType.Float) return OnnxTensorCodec.Floats(tensor);
        var halves = OnnxTensorCodec.Read(tensor).As<Half>();
        float[] values = new float[halves.Length];
        for (int i = 0; i < values.Length; i++) values[i] = (float)halves[i];
        return values;
    }
}
