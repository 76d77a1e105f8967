using Mesh.Onnx.Graph;
using Mesh.Onnx.Shapes;

namespace Mesh.Onnx.Pruning;

/// <summary>Operators without weights.</summary>
internal sealed partial class ChannelTracer
{
    /// <summary>Each element depends on its own counterparts alone.</summary>
    private static readonly HashSet<string> Elementwise = ["Add", "Sub", "Mul", "Div", "Max", "Min", "Mean", "Sum", "Pow", "PRelu"];

    /// <summary>Each channel depends on itself alone, and stays in its place.</summary>
    private static readonly HashSet<string> PassingOn =
    [
        "Relu", "LeakyRelu", "Clip", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "Elu", "Selu", "Celu", "Gelu", "Mish", "Softplus", "Softsign", "ThresholdedRelu", "Erf", "Exp", "Log", "Sqrt", "Abs", "Neg",
        "Reciprocal", "Identity", "Dropout", "Cast", "Floor", "Ceil", "Round", "Sign", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool",
    ];

    private void PassOn(GraphNode node)
    {
        if (AxisOf(node.Input(0)) is not { } input) return;
        // MaxPool's indices count through all channels.
        if (node.OperatorType == "MaxPool" && node.Outputs.Count > 1 && node.Outputs[1] is not null) HoldInputs(node, $"the {node.Place} gives places among all channels");
        foreach (var output in node.Outputs) Give(output, input.Axis, input.Ids);
        // Bounds and the like are numbers; where they are computed, nothing is known of them.
        for (int i = 1; i < node.Inputs.Count; i++) Hold(node.Inputs[i], $"the {node.Place} takes it as a parameter");
    }

    private void Combine(GraphNode node)
    {
        var operands = node.Inputs.OfType<GraphValue>().ToList();
        if (!operands.Any(operand => AxisOf(operand) is not null)) return;
        if (operands.Any(operand => ShapeOf(operand) is null) || ShapeOf(node.Outputs[0]) is not { } result)
        {
            HoldInputs(node, $"the sizes of what the {node.Place} takes are not known");
            return;
        }

        // Counted from the last axis, where broadcasting starts.
        var first = operands.Select(operand => (Operand: operand, Axis: AxisOf(operand))).Where(pair => pair.Axis is { Ids.Length: > 1 }).Select(pair => ((int FromEnd, int[] Ids)?)(ShapeOf(pair.Operand)!.Count - pair.Axis!.Axis, pair.Axis.Ids)).FirstOrDefault();
        if (first is not { } lead)
        {
            HoldInputs(node, $"the {node.Place} spreads a single channel");
            return;
        }

        foreach (var operand in operands)
        {
            var shape = ShapeOf(operand)!;
            var size = lead.FromEnd <= shape.Count ? shape[^lead.FromEnd] : Dimension.Of(1);
            var axis = AxisOf(operand);
            if (operand.IsConstant)
            {
                if (size.Size == lead.Ids.Length) Use(node, operand, shape.Count - lead.FromEnd, lead.Ids, ChannelRole.Accompanies);
                else if (size.Size != 1) HoldInputs(node, $"the {node.Place} combines other sizes");
            }
            else if (axis is not null && shape.Count - axis.Axis == lead.FromEnd && axis.Ids.Length == lead.Ids.Length) Channels.Join(lead.Ids, axis.Ids);
            else if (axis is not null || size.Size != 1) HoldInputs(node, $"the {node.Place} combines channels with what has none, or with a single one");
        }

        Give(node.Outputs[0], result.Count - lead.FromEnd, lead.Ids);
    }

    private void Concat(GraphNode node)
    {
        if (!node.Inputs.Any(input => AxisOf(input) is not null)) return;
        int rank = ShapeOf(node.Outputs[0])?.Count ?? 0;
        int axis = (int)node.Int("axis", 0);
        if (axis < 0) axis += rank;
        int tracedAxis = node.Inputs.Select(AxisOf).First(input => input is not null)!.Axis;
        if (rank == 0 || node.Inputs.Any(input => AxisOf(input) is { } other && other.Axis != tracedAxis))
        {
            HoldInputs(node, $"the {node.Place} joins channels that lie along different axes");
            return;
        }

        if (axis != tracedAxis)
        {
            var lead = node.Inputs.Select(AxisOf).First(input => input is not null)!;
            foreach (var input in node.Inputs)
            {
                if (AxisOf(input) is { } other && other.Ids.Length == lead.Ids.Length) Channels.Join(lead.Ids, other.Ids);
                else HoldInputs(node, $"the {node.Place} joins channels with what has none");
            }

            Give(node.Outputs[0], tracedAxis, lead.Ids);
            return;
        }

        var ids = new List<int>();
        foreach (var input in node.Inputs)
        {
            if (AxisOf(input) is { } part) ids.AddRange(part.Ids);
            else if (ShapeOf(input)?[axis].Size is { } size)
            {
                int[] fixedIds = Channels.Add((int)size);
                HoldAll(fixedIds, $"'{input!.Name}' keeps its size");
                ids.AddRange(fixedIds);
            }
            else
            {
                HoldInputs(node, $"the sizes of what the {node.Place} joins are not known");
                return;
            }
        }

        Give(node.Outputs[0], axis, [.. ids]);
    }

    private void Split(GraphNode node)
    {
        if (AxisOf(node.Input(0)) is not { } input) return;
        int rank = ShapeOf(node.Input(0))!.Count, axis = (int)node.Int("axis", 0), at = 0;
        if (axis < 0) axis += rank;
        if (axis != input.Axis)
        {
            foreach (var output in node.Outputs) Give(output, input.Axis, input.Ids);
            return;
        }

        for (int i = 0; i < node.Outputs.Count; i++)
        {
            if (node.Outputs[i] is not { } output || ShapeOf(output)?[axis].Size is not { } size || at + size > input.Ids.Length || (node.Input(1) is { IsConstant: false }))
            {
                HoldInputs(node, $"the sizes of the {node.Place} are computed");
                return;
            }

            int[] part = input.Ids[at..(at + (int)size)];
            Give(output, axis, part);
            sizes.Add(new SizeUse(node, i, part));
            at += (int)size;
        }
    }

    private void Flatten(GraphNode node)
    {
        if (AxisOf(node.Input(0)) is not { } input) return;
        var shape = ShapeOf(node.Input(0))!;
        int axis = (int)node.Int("axis", 1);
        if (axis < 0) axis += shape.Count;
        if (axis != input.Axis || RepeatBehind(shape, input) is not { } ids) HoldInputs(node, $"the {node.Place} mixes channels with sizes that are not known");
        else Give(node.Outputs[0], 1, ids);
    }

    /// <summary>The channels of an axis that takes in all behind it; null when their sizes are not known.</summary>
    private static int[]? RepeatBehind(IReadOnlyList<Dimension> shape, ChannelAxis input)
    {
        long inner = 1;
        for (int i = input.Axis + 1; i < shape.Count; i++)
        {
            if (shape[i].Size is not { } size) return null;
            inner *= size;
        }

        int[] ids = new int[input.Ids.Length * inner];
        for (int i = 0; i < ids.Length; i++) ids[i] = input.Ids[i / inner];
        return ids;
    }

    private void Reshape(GraphNode node)
    {
        if (AxisOf(node.Input(0)) is not { } input) return;
        var (before, after) = (ShapeOf(node.Input(0))!, ShapeOf(node.Outputs[0]));
        // The axes before stay, the channels' axis stays or takes in those behind it, and only ones may follow.
        bool fits = after is not null && after.Count > input.Axis;
        for (int i = 0; fits && i < input.Axis; i++) fits = before[i].IsKnown ? before[i] == after![i] || !after[i].IsKnown : i == 0;
        int[]? ids = !fits ? null : after![input.Axis].Size == input.Ids.Length ? input.Ids : RepeatBehind(before, input);
        if (ids is null || after![input.Axis].Size != ids.Length) fits = false;
        long rest = 1;
        for (int i = input.Axis + 1; fits && i < after!.Count; i++) rest = after[i].Size is { } size ? rest * size : 0;
        long expected = ids == input.Ids ? before.Skip(input.Axis + 1).Aggregate(1L, (product, size) => size.Size is { } known ? product * known : 0) : 1;
        if (fits && rest == expected && rest > 0 && IsAdaptable(node, input.Axis, out bool counts))
        {
            if (counts) sizes.Add(new SizeUse(node, input.Axis, ids!));
            Give(node.Outputs[0], input.Axis, ids!);
            return;
        }

        HoldInputs(node, $"the {node.Place} mixes channels with other axes");
    }

    /// <summary>Whether the size at an index of the wanted shape can be changed, or follows by itself.</summary>
    private static bool IsAdaptable(GraphNode node, int index, out bool counts)
    {
        counts = false;
        if (ModelGraph.ConstantOf(node.Input(1)) is { ElementType: OnnxElementType.Int64 } wanted)
        {
            counts = index < wanted.Count && wanted.As<long>()[index] > 0;
            return index < wanted.Count;
        }

        // As exporters write it: the batch from the input's shape, joined with constants.
        if (node.Input(1)?.Producer is not { OperatorType: "Concat", Domain: "" } joined) return false;
        int at = 0;
        foreach (var part in joined.Inputs)
        {
            var constant = ModelGraph.ConstantOf(part);
            if (at == index) return constant is { ElementType: OnnxElementType.Int64, Count: > 0 } && constant.As<long>()[0] is -1 or 0;
            at += constant is null ? 1 : (int)constant.Count;
        }

        return false;
    }

    private void Transpose(GraphNode node)
    {
        if (AxisOf(node.Input(0)) is not { } input) return;
        int rank = ShapeOf(node.Input(0))!.Count;
        long[] order = node.Ints("perm") ?? [.. Enumerable.Range(0, rank).Reverse().Select(axis => (long)axis)];
        Give(node.Outputs[0], Array.IndexOf(order, input.Axis), input.Ids);
    }

    private long[]? AxesOf(GraphNode node, int rank)
    {
        long[]? axes = node.Ints("axes") ?? (ModelGraph.ConstantOf(node.Input(1)) is { ElementType: OnnxElementType.Int64 } constant ? constant.As<long>().ToArray() : null);
        return axes?.Select(axis => axis < 0 ? axis + rank : axis).ToArray();
    }

    private void Squeeze(GraphNode node)
    {
        if (AxisOf(node.Input(0)) is not { } input) return;
        if (AxesOf(node, ShapeOf(node.Input(0))!.Count) is not { } axes || axes.Contains(input.Axis)) HoldInputs(node, $"the {node.Place} removes an axis of channels");
        else Give(node.Outputs[0], input.Axis - axes.Count(axis => axis < input.Axis), input.Ids);
    }

    private void Unsqueeze(GraphNode node)
    {
        if (AxisOf(node.Input(0)) is not { } input) return;
        int rank = ShapeOf(node.Input(0))!.Count + (AxesOf(node, 0)?.Length ?? 0);
        if (AxesOf(node, rank) is not { } axes)
        {
            HoldInputs(node, $"the axes of the {node.Place} are computed");
            return;
        }

        int place = input.Axis;
        foreach (long axis in axes.Order()) place += axis <= place ? 1 : 0;
        Give(node.Outputs[0], place, input.Ids);
    }

    /// <summary>Sizes that are computed from a shape are harmless as long as the number of channels is not among them.</summary>
    private void ShapeOf(GraphNode node)
    {
        if (AxisOf(node.Input(0)) is not { } input) return;
        bool harmless = node.Int("start", 0) == 0 && !node.Outputs[0]!.IsOutput;
        foreach (var consumer in node.Outputs[0]!.Consumers)
        {
            harmless &= consumer.OperatorType == "Gather" && consumer.Input(0) == node.Outputs[0] && ModelGraph.ConstantOf(consumer.Input(1)) is { ElementType: OnnxElementType.Int64 } index
                && !index.As<long>().Contains(input.Axis) && index.As<long>().IndexOfAnyInRange(long.MinValue, -1) < 0;
        }

        if (!harmless) HoldInputs(node, $"the {node.Place} reads the number of channels");
    }

    private void Pad(GraphNode node)
    {
        if (AxisOf(node.Input(0)) is not { } input) return;
        int rank = ShapeOf(node.Input(0))!.Count;
        long[]? pads = node.Ints("pads") ?? (ModelGraph.ConstantOf(node.Input(1)) is { ElementType: OnnxElementType.Int64 } constant ? constant.As<long>().ToArray() : null);
        if (pads?.Length != 2 * rank || pads[input.Axis] != 0 || pads[input.Axis + rank] != 0) HoldInputs(node, $"the {node.Place} adds channels");
        else Give(node.Outputs[0], input.Axis, input.Ids);
    }

    private void Resize(GraphNode node)
    {
        if (AxisOf(node.Input(0)) is not { } input) return;
        var scales = ModelGraph.ConstantOf(node.Input(node.OperatorType == "Resize" ? 2 : 1));
        bool stays = node.Input(3) is null && scales is { ElementType: OnnxElementType.Float } && input.Axis < scales.Count && scales.As<float>()[input.Axis] == 1;
        if (!stays) HoldInputs(node, $"the {node.Place} is given sizes, or stretches channels");
        else Give(node.Outputs[0], input.Axis, input.Ids);
    }

    /// <summary>Operators that join the elements along an axis, or from it on.</summary>
    private void AlongAxis(GraphNode node, int missing, bool coversRest)
    {
        if (AxisOf(node.Input(0)) is not { } input) return;
        int rank = ShapeOf(node.Input(0))!.Count, axis = (int)node.Int("axis", missing);
        if (axis < 0) axis += rank;
        if (coversRest ? input.Axis >= axis : input.Axis == axis) HoldInputs(node, $"the {node.Place} weighs channels against each other");
        else Give(node.Outputs[0], input.Axis, input.Ids);
    }

    private void Reduce(GraphNode node)
    {
        if (AxisOf(node.Input(0)) is not { } input) return;
        if (AxesOf(node, ShapeOf(node.Input(0))!.Count) is not { Length: > 0 } axes || axes.Contains(input.Axis)) HoldInputs(node, $"the {node.Place} joins channels");
        else Give(node.Outputs[0], node.Int("keepdims", 1) != 0 ? input.Axis : input.Axis - axes.Count(axis => axis < input.Axis), input.Ids);
    }
}
