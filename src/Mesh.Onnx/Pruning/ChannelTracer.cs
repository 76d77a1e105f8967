using Mesh.Onnx.Graph;
using Mesh.Onnx.Shapes;

namespace Mesh.Onnx.Pruning;

/// <summary>
/// Follows channels from the layers that compute them to those that use them, joins those that can only go together, and holds those whose
/// number something depends on. What an operator that is not known here takes is held.
/// </summary>
internal sealed partial class ChannelTracer
{
    private readonly ModelGraph graph;
    private readonly IReadOnlyDictionary<string, InferredType> types;
    private readonly Dictionary<GraphValue, ChannelAxis> traced = [];
    private readonly List<ChannelUse> uses = [];
    private readonly List<SizeUse> sizes = [];
    private readonly List<(GraphNode Node, int[] Ids)> layers = [];
    private readonly List<UntouchedLayer> refused = [];

    private ChannelTracer(ModelGraph graph)
    {
        this.graph = graph;
        types = ShapeInference.Infer(graph);
    }

    /// <summary>All channels.</summary>
    public ChannelSet Channels { get; } = new();

    /// <summary>Constants to slice.</summary>
    public IReadOnlyList<ChannelUse> Uses => uses;

    /// <summary>Numbers to adapt.</summary>
    public IReadOnlyList<SizeUse> Sizes => sizes;

    /// <summary>Layers with the channels of their outputs, in order.</summary>
    public IReadOnlyList<(GraphNode Node, int[] Ids)> Layers => layers;

    /// <summary>Layers that are not cut whatever depends on them.</summary>
    public IReadOnlyList<UntouchedLayer> Refused => refused;

    /// <summary>Where channels lie in values that are computed.</summary>
    public IReadOnlyDictionary<GraphValue, ChannelAxis> Traced => traced;

    public static ChannelTracer Trace(ModelGraph graph)
    {
        var tracer = new ChannelTracer(graph);
        foreach (var node in graph.Nodes) tracer.Follow(node);
        foreach (var value in tracer.traced.Keys)
        {
            if (value.IsOutput) tracer.Hold(value, $"'{value.Name}' is an output of the model");
            if (value.IsCaptured) tracer.Hold(value, $"a subgraph uses '{value.Name}'");
        }

        tracer.HoldSharedConstants();
        return tracer;
    }

    private void Follow(GraphNode node)
    {
        if (node.Domain.Length > 0 || node.HasSubgraphs)
        {
            HoldInputs(node, $"the {node.Place} is not known here");
            return;
        }

        switch (node.OperatorType)
        {
            case "Conv": Convolution(node); break;
            case "ConvTranspose": TransposedConvolution(node); break;
            case "Gemm": Gemm(node); break;
            case "MatMul": MatMul(node); break;
            case "BatchNormalization" or "InstanceNormalization": Normalisation(node); break;
            case "Concat": Concat(node); break;
            case "Split": Split(node); break;
            case "Flatten": Flatten(node); break;
            case "Reshape": Reshape(node); break;
            case "Transpose": Transpose(node); break;
            case "Squeeze": Squeeze(node); break;
            case "Unsqueeze": Unsqueeze(node); break;
            case "Shape": ShapeOf(node); break;
            case "Pad": Pad(node); break;
            case "Resize" or "Upsample": Resize(node); break;
            case "Softmax" or "LogSoftmax" or "Hardmax": AlongAxis(node, graph.Opset < 13 ? 1 : -1, coversRest: graph.Opset < 13); break;
            case "ReduceMean" or "ReduceMax" or "ReduceMin" or "ReduceSum" or "ReduceL2" or "ReduceSumSquare": Reduce(node); break;
            case "LSTM" or "GRU" or "RNN": Recurrent(node); break;
            case "LayerNormalization" or "GroupNormalization" or "LRN" or "LpNormalization" or "MeanVarianceNormalization":
                HoldInputs(node, $"the {node.Place} normalises over channels, so that each changes all others");
                break;
            default:
                if (Elementwise.Contains(node.OperatorType)) Combine(node);
                else if (PassingOn.Contains(node.OperatorType)) PassOn(node);
                else HoldInputs(node, $"channels are not followed through the {node.Place}");
                break;
        }
    }

    private void Recurrent(GraphNode node)
    {
        string reason = $"the gates and the state of the {node.Place} share one size, which is not cut";
        refused.Add(new UntouchedLayer(node.Name, node.OperatorType, reason));
        HoldInputs(node, reason);
    }

    private ChannelAxis? AxisOf(GraphValue? value) => value is null ? null : traced.GetValueOrDefault(value);

    private IReadOnlyList<Dimension>? ShapeOf(GraphValue? value) => value is not null && types.TryGetValue(value.Name, out var type) ? type.Shape : null;

    private void Hold(GraphValue? value, string reason)
    {
        if (AxisOf(value) is not { } axis) return;
        foreach (int id in axis.Ids) Channels.Hold(id, reason);
    }

    private void HoldInputs(GraphNode node, string reason)
    {
        foreach (var input in node.Inputs.Concat(node.Captured)) Hold(input, reason);
    }

    private void Give(GraphValue? output, int axis, int[] ids)
    {
        if (output is not null) traced[output] = new ChannelAxis(axis, ids);
    }

    private void Use(GraphNode node, GraphValue constant, int axis, int[] ids, ChannelRole role)
    {
        if (constant.IsOutput || constant.IsCaptured)
        {
            foreach (int id in ids) Channels.Hold(id, $"'{constant.Name}' is used outside the graph");
        }

        foreach (var other in uses)
        {
            if (other.Constant == constant && other.Axis == axis && other.Ids.Length == ids.Length) Channels.Join(other.Ids, ids);
        }

        uses.Add(new ChannelUse(node, constant, axis, ids, role));
    }

    /// <summary>A constant that some node uses otherwise has to keep its size.</summary>
    private void HoldSharedConstants()
    {
        foreach (var group in uses.GroupBy(use => use.Constant))
        {
            var axes = group.Select(use => use.Axis).Distinct().ToList();
            foreach (var consumer in group.Key.Consumers.Distinct())
            {
                foreach (int axis in axes)
                {
                    if (group.Any(use => use.Node == consumer && use.Axis == axis)) continue;
                    foreach (var use in group.Where(use => use.Axis == axis))
                    {
                        foreach (int id in use.Ids) Channels.Hold(id, $"the {consumer.Place} uses '{group.Key.Name}' too");
                    }
                }
            }
        }
    }
}
