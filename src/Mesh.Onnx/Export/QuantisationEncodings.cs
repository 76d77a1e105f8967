using Mesh.Model;
using Mesh.Onnx.Graph;
using Mesh.Onnx.Quantisation;

namespace Mesh.Onnx.Export;

/// <summary>
/// A quantisation written down for toolchains that take the float model beside it and quantise by themselves: Qualcomm's AIMET and QNN, and
/// TensorRT before version 10.1. Names are those of the float model (<see cref="QuantisedModel.Reference"/>).
/// </summary>
public sealed partial class QuantisationEncodings
{
    private const int SymmetricOffset = -128;
    private const int WeightBits = 8;

    private readonly IReadOnlyDictionary<string, ValueRange> ranges;
    private readonly QuantisationOptions options;

    private QuantisationEncodings(IReadOnlyDictionary<string, ValueRange> ranges, QuantisationOptions options)
    {
        this.ranges = ranges;
        this.options = options;
    }

    /// <summary>Encodings of inputs and of what nodes compute, in the order of the graph.</summary>
    public required IReadOnlyList<TensorEncoding> Activations { get; init; }

    /// <summary>Encodings of weights and of constant operands. Bias has none: tools derive it (int32, input scale times weight scale).</summary>
    public required IReadOnlyList<TensorEncoding> Parameters { get; init; }

    /// <summary>Nodes without encodings, which are to stay in float.</summary>
    public required IReadOnlyList<string> FloatNodes { get; init; }

    /// <summary>The encodings of a quantised model.</summary>
    public static QuantisationEncodings From(QuantisedModel quantised) => From(quantised.Reference, quantised.Ranges, quantised.Options);

    /// <summary>The encodings of a plan.</summary>
    /// <param name="model">The float model whose tensors the ranges name.</param>
    /// <param name="ranges">What <see cref="Calibrator"/> found with the same options, or fewer nodes kept.</param>
    /// <param name="options">How it is quantised.</param>
    /// <exception cref="MeshException"><c>MESH9833</c> when a tensor that is to be quantised has no range.</exception>
    public static QuantisationEncodings From(ModelProto model, IReadOnlyDictionary<string, ValueRange> ranges, QuantisationOptions options)
    {
        var graph = ModelGraph.Read(model);
        var plan = new QuantisationPlan(graph, options);
        foreach (var value in plan.Tensors)
        {
            if (!ranges.ContainsKey(value.Name)) throw new MeshException("MESH9833", $"Tensor '{value.Name}' has no calibrated range. Calibrate this model, with the same flavour.");
        }

        var parameters = ActivationScales.Choose(plan, ranges, options);
        var chosen = plan.Nodes.ToHashSet();
        return new QuantisationEncodings(ranges, options)
        {
            Activations = [.. plan.Tensors.Select(value => Describe(value.Name, parameters[value], options))],
            Parameters = [.. ParametersOf(plan, parameters, options)],
            FloatNodes = [.. graph.Nodes.Where(node => !chosen.Contains(node)).Select(node => node.Name)],
        };
    }

    private static IEnumerable<TensorEncoding> ParametersOf(QuantisationPlan plan, Dictionary<GraphValue, QuantisationParameters> parameters, QuantisationOptions options)
    {
        var seen = new HashSet<GraphValue>();
        foreach (var node in plan.Nodes)
        {
            if (QuantisationPlan.IsWeighted(node))
            {
                if (node.Input(1) is { Initializer: { DataType: (int)OnnxElementType.Float } tensor } weights && seen.Add(weights)) yield return Weights(node, weights.Name, tensor, options);
                continue;
            }

            if (!QuantisationPlan.IsCombining(node)) continue;
            foreach (int input in QuantisationPlan.DataInputs(node))
            {
                if (node.Input(input) is not { IsConstant: true } constant || ActivationScales.RangeOf(constant) is not { } range || !seen.Add(constant)) continue;
                yield return Describe(constant.Name, parameters.TryGetValue(constant, out var shared) ? shared : QuantisationParameters.Cover(range, options.Flavour, options.ActivationBits), options);
            }
        }
    }

    private static TensorEncoding Weights(GraphNode node, string name, TensorProto tensor, QuantisationOptions options)
    {
        int axis = WeightScales.ChannelAxis(node, tensor.Dims);
        float[] scales = WeightScales.Choose(OnnxTensorCodec.Floats(tensor), tensor.Dims, axis, WeightScales.LimitOf(options));
        int[] offsets = new int[scales.Length];
        Array.Fill(offsets, SymmetricOffset);
        return new TensorEncoding { Name = name, Bits = WeightBits, IsSymmetric = true, IsPerChannel = axis >= 0, Scales = scales, Offsets = offsets };
    }

    private static TensorEncoding Describe(string name, QuantisationParameters how, QuantisationOptions options) => new()
    {
        // Their integers start at 0 whatever the type: the smallest of ours becomes 0.
        Name = name, Bits = 8 * OnnxTensor.WidthOf(how.Type), IsSymmetric = options.Flavour == QuantisationFlavour.TensorRt, IsPerChannel = false, Scales = [how.Scale], Offsets = [how.Low - how.ZeroPoint],
    };
}
