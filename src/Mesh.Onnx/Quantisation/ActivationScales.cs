using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Quantisation;

/// <summary>
/// The parameters of every quantised activation. Tensors between which no value changes share one set, and so do the parts of a Concat with its
/// result: otherwise each part would have to be scaled anew.
/// </summary>
internal sealed class ActivationScales
{
    private readonly Dictionary<GraphValue, GraphValue> parents = [];

    private ActivationScales()
    {
    }

    /// <param name="plan">What is quantised.</param>
    /// <param name="ranges">A range for every tensor of the plan, by name.</param>
    /// <param name="options">How.</param>
    /// <returns>Also parameters of constants that a Concat takes.</returns>
    public static Dictionary<GraphValue, QuantisationParameters> Choose(QuantisationPlan plan, IReadOnlyDictionary<string, ValueRange> ranges, QuantisationOptions options)
    {
        var scales = new ActivationScales();
        var quantised = plan.Tensors.ToHashSet();
        var known = plan.Tensors.ToDictionary(value => value, value => ranges[value.Name]);
        foreach (var node in plan.Nodes)
        {
            var output = node.Outputs[0]!;
            bool joined = node.OperatorType == "Concat";
            if (!quantised.Contains(output) || !(joined || QuantisationPlan.PassesOn(node))) continue;
            foreach (int input in joined ? QuantisationPlan.DataInputs(node) : [0])
            {
                var value = node.Input(input)!;
                if (joined && value.IsConstant && RangeOf(value) is { } range) known[value] = range;
                if (known.ContainsKey(value)) scales.Join(value, output);
            }
        }

        var chosen = new Dictionary<GraphValue, QuantisationParameters>();
        foreach (var group in known.Keys.GroupBy(scales.Root))
        {
            var range = group.Select(value => known[value]).Aggregate((a, b) => new ValueRange(MathF.Min(a.Min, b.Min), MathF.Max(a.Max, b.Max)));
            var parameters = Fixed(group, range, options) ?? QuantisationParameters.Cover(range, options.Flavour, options.ActivationBits);
            foreach (var value in group) chosen[value] = parameters;
        }

        return chosen;
    }

    /// <summary>Smallest and largest element of a constant; null when it is not float or has none.</summary>
    public static ValueRange? RangeOf(GraphValue constant)
    {
        if (constant.Initializer is not { DataType: (int)OnnxElementType.Float } tensor) return null;
        var values = OnnxTensorCodec.Floats(tensor);
        if (values.IsEmpty) return null;
        float min = float.PositiveInfinity, max = float.NegativeInfinity;
        foreach (float value in values)
        {
            min = MathF.Min(min, value);
            max = MathF.Max(max, value);
        }

        return new ValueRange(min, max);
    }

    /// <summary>QNN's kernels compute these functions with the step that their range suggests, whatever the samples showed.</summary>
    private static QuantisationParameters? Fixed(IEnumerable<GraphValue> group, ValueRange range, QuantisationOptions options)
    {
        if (options.Flavour != QuantisationFlavour.Qnn) return null;
        var (type, steps) = options.ActivationBits == 16 ? (OnnxElementType.UInt16, 65_536) : (OnnxElementType.UInt8, 256);
        foreach (var value in group)
        {
            if (value.Producer?.OperatorType is "Sigmoid" or "Softmax" && range is { Min: >= 0, Max: <= 1 }) return new QuantisationParameters(1f / steps, 0, type);
            if (value.Producer?.OperatorType == "Tanh" && range is { Min: >= -1, Max: <= 1 }) return new QuantisationParameters(2f / steps, steps / 2, type);
        }

        return null;
    }

    private GraphValue Root(GraphValue value)
    {
        while (parents.TryGetValue(value, out var parent)) value = parent;
        return value;
    }

    private void Join(GraphValue a, GraphValue b)
    {
        var (first, second) = (Root(a), Root(b));
        if (first != second) parents[second] = first;
    }
}
