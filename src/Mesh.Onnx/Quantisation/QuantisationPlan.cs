using Mesh.Onnx.Graph;
using Mesh.Onnx.Shapes;

namespace Mesh.Onnx.Quantisation;

/// <summary>Which nodes of a graph are quantised, and which tensors need a range for that.</summary>
internal sealed class QuantisationPlan
{
    private static readonly HashSet<string> Weighted = ["Conv", "ConvTranspose", "Gemm", "MatMul"];
    private static readonly HashSet<string> Combining = ["Add", "Mul", "Concat", "Sub", "Div"];
    private static readonly HashSet<string> ForOrt = ["Conv", "ConvTranspose", "Gemm", "MatMul", "Add", "Mul", "Concat", "AveragePool", "GlobalAveragePool", "Relu", "Clip", "LeakyRelu", "Sigmoid"];

    /// <summary>Their output takes over the input's parameters: no value changes.</summary>
    private static readonly HashSet<string> PassingOn = ["MaxPool", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Slice", "Gather"];
    private static readonly HashSet<string> ForTensorRt = ["Conv", "ConvTranspose", "Gemm", "MatMul", "Add", "Concat", "MaxPool", "AveragePool", "GlobalAveragePool"];

    /// <summary>On its tensor processor everything is quantised, so that nothing falls back to float in between.</summary>
    private static readonly HashSet<string> ForQnn = [.. ForOrt, "Sub", "Div", "Softmax", "Tanh", "Elu", "HardSwish", "HardSigmoid", "PRelu", "ReduceMean", "Resize"];

    private readonly IReadOnlyDictionary<string, InferredType> types;

    public QuantisationPlan(ModelGraph graph, QuantisationOptions options)
    {
        types = ShapeInference.Infer(graph);
        Nodes = [.. graph.Nodes.Where(node => IsChosen(node, options))];
        var chosen = Nodes.ToHashSet();
        Fused = [.. Nodes.Where(node => node.OperatorType is "Relu" or "Clip" && IsFused(node, chosen))];
        var tensors = new HashSet<GraphValue>();
        foreach (var node in Nodes)
        {
            foreach (int input in DataInputs(node))
            {
                if (!Fused.Contains(node) && node.Input(input) is { IsConstant: false } value) tensors.Add(value);
            }

            // ONNX Runtime fuses a layer only when its result is quantised too.
            if (options.Flavour != QuantisationFlavour.TensorRt && !IsInterior(node.Outputs[0]!)) tensors.Add(node.Outputs[0]!);
        }

        Tensors = [.. tensors.Where(IsFloat)];
        Watched = [.. Nodes.SelectMany(node => DataInputs(node).Select(node.Input).Append(node.Outputs[0])).OfType<GraphValue>().Where(value => !value.IsConstant && IsFloat(value)).Distinct()];
    }

    /// <summary>Nodes to quantise, in order.</summary>
    public IReadOnlyList<GraphNode> Nodes { get; }

    /// <summary>Activations that runtimes compute together with the layer before them, so that nothing is quantised in between.</summary>
    public HashSet<GraphNode> Fused { get; }

    /// <summary>Tensors that get a quantise-dequantise pair.</summary>
    public IReadOnlyList<GraphValue> Tensors { get; }

    /// <summary>Tensors that get a pair now, or would if some of the nodes stayed in float: those to calibrate.</summary>
    public IReadOnlyList<GraphValue> Watched { get; }

    public static bool IsWeighted(GraphNode node) => Weighted.Contains(node.OperatorType);

    public static bool IsCombining(GraphNode node) => Combining.Contains(node.OperatorType);

    public static bool PassesOn(GraphNode node) => PassingOn.Contains(node.OperatorType);

    /// <summary>Inputs that carry data, not weights or shapes.</summary>
    public static IEnumerable<int> DataInputs(GraphNode node) =>
        IsCombining(node) ? Enumerable.Range(0, node.Inputs.Count) : node.OperatorType == "MatMul" && node.Input(1) is { IsConstant: false } ? [0, 1] : [0];

    /// <summary>Whether a value lies between a layer and the activation that is fused with it.</summary>
    public bool IsInterior(GraphValue value) => value is { IsOutput: false, Consumers: [var only] } && Fused.Contains(only);

    private bool IsFloat(GraphValue value) => types.TryGetValue(value.Name, out var type) && type.ElementType == OnnxElementType.Float;

    private bool IsChosen(GraphNode node, QuantisationOptions options)
    {
        if (node.Domain.Length > 0 || options.KeptNodes.Contains(node.Name) || node.Outputs.Count == 0 || node.Outputs.Count(output => output is not null) != 1 || node.Outputs[0] is not { IsCaptured: false } output) return false;
        bool known = options.Flavour switch
        {
            QuantisationFlavour.TensorRt => ForTensorRt.Contains(node.OperatorType),
            QuantisationFlavour.Qnn => ForQnn.Contains(node.OperatorType) || PassingOn.Contains(node.OperatorType),
            _ => ForOrt.Contains(node.OperatorType) || PassingOn.Contains(node.OperatorType),
        };
        if (!known || !IsFloat(output)) return false;
        if (DataInputs(node).Any(input => node.Input(input) is not { } value || !IsFloat(value))) return false;
        if (node.OperatorType == "Div" && LosesDivisor(node, options)) return false;
        // Weights that are computed would have to be quantised again at every run.
        return node.OperatorType is not ("Conv" or "ConvTranspose" or "Gemm") || (node.Input(1) is { IsConstant: true } weights && IsFloat(weights));
    }

    // One scale for all of a constant's elements makes zeros of those that are small beside the largest, and a quotient of them infinite.
    private static bool LosesDivisor(GraphNode node, QuantisationOptions options)
    {
        if (node.Input(1) is not { IsConstant: true } divisor || ActivationScales.RangeOf(divisor) is not { } range) return false;
        var how = QuantisationParameters.Cover(range, options.Flavour, options.ActivationBits);
        foreach (float value in OnnxTensorCodec.Floats(divisor.Initializer!))
        {
            if (value != 0 && how.Quantise(value) == how.ZeroPoint) return true;
        }

        return false;
    }

    private static bool IsFused(GraphNode activation, HashSet<GraphNode> chosen) =>
        activation.Input(0) is { IsOutput: false, IsCaptured: false, Consumers.Count: 1, Producer: { } layer } && chosen.Contains(layer) && (IsWeighted(layer) || layer.OperatorType == "Add");
}
