using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Pruning;

/// <summary>Operators with weights.</summary>
internal sealed partial class ChannelTracer
{
    private static TensorProto? FloatsOf(GraphValue? value) => value?.Initializer is { DataType: (int)OnnxElementType.Float or (int)OnnxElementType.Float16 } tensor ? tensor : null;

    /// <summary>New channels for a layer's outputs.</summary>
    private int[] AddLayer(GraphNode node, int count) => AddLayer(node, Channels.Add(count));

    private int[] AddLayer(GraphNode node, int[] ids)
    {
        layers.Add((node, ids));
        return ids;
    }

    private void Bias(GraphNode node, GraphValue? bias, int[] ids)
    {
        if (bias is null) return;
        if (FloatsOf(bias) is { } tensor && tensor.Dims.Count > 0 && tensor.Dims[^1] == ids.Length) Use(node, bias, tensor.Dims.Count - 1, ids, ChannelRole.Accompanies);
        else if (FloatsOf(bias) is not { } single || single.Dims.Any(size => size != 1)) HoldAll(ids, $"the bias of the {node.Place} is computed");
    }

    private void HoldAll(int[] ids, string reason)
    {
        foreach (int id in ids) Channels.Hold(id, reason);
    }

    private void Convolution(GraphNode node)
    {
        const int channelAxis = 1;
        var input = AxisOf(node.Input(0));
        if (FloatsOf(node.Input(1)) is not { Dims.Count: > 2 } weights || (input is not null && input.Axis != channelAxis))
        {
            HoldInputs(node, $"the weights of the {node.Place} are computed");
            return;
        }

        int groups = (int)node.Int("group", 1), filters = (int)weights.Dims[0], perGroup = (int)weights.Dims[1];
        if (groups == 1)
        {
            if (input is not null) Use(node, node.Input(1)!, 1, input.Ids, ChannelRole.Consumes);
            GiveFilters(node, AddLayer(node, filters));
            return;
        }

        // What is not traced, such as the model's own input, keeps its size; grouped filters over it would have to keep theirs.
        int[] taken = input?.Ids ?? Channels.Add(groups * perGroup);
        if (input is null) HoldAll(taken, $"the {node.Place} filters channels that stay");
        if (perGroup == 1)
        {
            int[] ids = new int[filters];
            for (int i = 0; i < filters; i++) ids[i] = taken[i / (filters / groups)];
            sizes.Add(new SizeUse(node, -1, taken));
            GiveFilters(node, AddLayer(node, ids));
            return;
        }

        // Every group has to keep as many channels: the same ones go in each.
        for (int group = 1; group < groups; group++) Channels.Join(taken.AsSpan(0, perGroup), taken.AsSpan(group * perGroup, perGroup));
        Use(node, node.Input(1)!, 1, taken[..perGroup], ChannelRole.Consumes);
        int[] computed = AddLayer(node, filters);
        int each = filters / groups;
        for (int group = 1; group < groups; group++) Channels.Join(computed.AsSpan(0, each), computed.AsSpan(group * each, each));
        GiveFilters(node, computed);
    }

    private void GiveFilters(GraphNode node, int[] ids)
    {
        Use(node, node.Input(1)!, 0, ids, ChannelRole.Computes);
        Bias(node, node.Input(2), ids);
        Give(node.Outputs[0], 1, ids);
    }

    private void TransposedConvolution(GraphNode node)
    {
        var input = AxisOf(node.Input(0));
        if (FloatsOf(node.Input(1)) is not { Dims.Count: > 2 } weights || node.Int("group", 1) != 1 || (input is not null && input.Axis != 1))
        {
            HoldInputs(node, $"the {node.Place} has groups or computed weights");
            return;
        }

        if (input is not null) Use(node, node.Input(1)!, 0, input.Ids, ChannelRole.Consumes);
        int[] ids = AddLayer(node, (int)weights.Dims[1]);
        Use(node, node.Input(1)!, 1, ids, ChannelRole.Computes);
        Bias(node, node.Input(2), ids);
        Give(node.Outputs[0], 1, ids);
    }

    private void Gemm(GraphNode node)
    {
        var input = AxisOf(node.Input(0));
        if (FloatsOf(node.Input(1)) is not { Dims.Count: 2 } || node.Int("transA", 0) != 0 || (input is not null && input.Axis != 1))
        {
            HoldInputs(node, $"the {node.Place} has computed weights or takes its input transposed");
            return;
        }

        Product(node, input, outputsAt: node.Int("transB", 0) != 0 ? 0 : 1, resultAxis: 1);
        // A bias that is computed was traced like any other value; what is added to a channel goes with it.
        if (AxisOf(node.Input(2)) is not null) Hold(node.Input(2), $"the {node.Place} adds it as bias");
        Bias(node, node.Input(2), traced[node.Outputs[0]!].Ids);
    }

    private void MatMul(GraphNode node)
    {
        var input = AxisOf(node.Input(0));
        int rank = ShapeOf(node.Input(0))?.Count ?? 0;
        if (FloatsOf(node.Input(1)) is not { Dims.Count: 2 } || rank < 2 || (input is not null && input.Axis != rank - 1))
        {
            HoldInputs(node, $"the {node.Place} multiplies what is computed, or along another axis");
            return;
        }

        Product(node, input, outputsAt: 1, resultAxis: rank - 1);
    }

    private void Product(GraphNode node, ChannelAxis? input, int outputsAt, int resultAxis)
    {
        var weights = node.Input(1)!;
        if (input is not null) Use(node, weights, 1 - outputsAt, input.Ids, ChannelRole.Consumes);
        int[] ids = AddLayer(node, (int)weights.Initializer!.Dims[outputsAt]);
        Use(node, weights, outputsAt, ids, ChannelRole.Computes);
        Give(node.Outputs[0], resultAxis, ids);
    }

    private void Normalisation(GraphNode node)
    {
        if (AxisOf(node.Input(0)) is not { } input) return;
        int count = node.OperatorType == "BatchNormalization" ? 5 : 3;
        bool isPlain = input.Axis == 1 && node.Int("training_mode", 0) == 0;
        for (int i = 1; i < count; i++) isPlain &= FloatsOf(node.Input(i)) is { Dims.Count: 1 } tensor && tensor.Dims[0] == input.Ids.Length;
        if (!isPlain)
        {
            HoldInputs(node, $"the parameters of the {node.Place} are computed");
            return;
        }

        for (int i = 1; i < count; i++) Use(node, node.Input(i)!, 0, input.Ids, i == 1 && count == 5 ? ChannelRole.Scales : ChannelRole.Accompanies);
        Give(node.Outputs[0], 1, input.Ids);
    }
}
