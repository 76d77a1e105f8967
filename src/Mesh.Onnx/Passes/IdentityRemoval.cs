using Mesh.Onnx.Graph;
using Mesh.Onnx.Shapes;

namespace Mesh.Onnx.Passes;

/// <summary>Removes nodes that pass their input on: Identity, Dropout (which does nothing outside training), a cast to the same type, an operator over one operand.</summary>
public static class IdentityRemoval
{
    private const int DropoutTakesTrainingMode = 12;

    /// <returns>How many nodes went.</returns>
    public static int Run(ModelGraph graph)
    {
        var types = ShapeInference.Infer(graph);
        int removed = 0;
        foreach (var node in graph.Nodes.ToList())
        {
            if (node.Domain.Length == 0 && node.Input(0) is { } input && PassesOn(graph, node, input, types) && graph.TryBypass(node, input)) removed++;
        }

        return removed;
    }

    private static bool PassesOn(ModelGraph graph, GraphNode node, GraphValue input, IReadOnlyDictionary<string, InferredType> types) => node.OperatorType switch
    {
        "Identity" => true,
        "Dropout" => graph.Opset < DropoutTakesTrainingMode || node.Input(2) is null || (ModelGraph.ConstantOf(node.Input(2)) is { Count: 1 } training && training.Bytes.Span[0] == 0),
        "Cast" => types.TryGetValue(input.Name, out var type) && (long)type.ElementType == node.Int("to", 0),
        "Concat" or "Sum" or "Max" or "Min" or "Mean" => node.Inputs.Count == 1,
        "Transpose" => node.Ints("perm") is { } order && order.Select((axis, i) => axis == i).All(stays => stays),
        _ => false,
    };
}
