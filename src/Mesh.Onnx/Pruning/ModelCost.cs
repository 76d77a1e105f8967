using Mesh.Onnx.Graph;
using Mesh.Onnx.Shapes;

namespace Mesh.Onnx.Pruning;

/// <summary>What a model costs for one sample.</summary>
/// <param name="Parameters">Elements of float constants.</param>
/// <param name="Macs">
/// Multiplications with addition in Conv, ConvTranspose, Gemm and MatMul at batch 1; null when sizes other than the first are not known.
/// </param>
public sealed record ModelCost(long Parameters, long? Macs)
{
    /// <summary>Measures a model.</summary>
    public static ModelCost Of(ModelGraph graph)
    {
        var types = ShapeInference.Infer(graph);
        long parameters = 0;
        foreach (var value in graph.Values)
        {
            if (value.Initializer is { DataType: (int)OnnxElementType.Float or (int)OnnxElementType.Float16 } tensor) parameters += Count(tensor.Dims);
        }

        long? macs = 0;
        foreach (var node in graph.Nodes) macs += MacsOf(node, types);
        return new ModelCost(parameters, macs);
    }

    private static long? MacsOf(GraphNode node, IReadOnlyDictionary<string, InferredType> types)
    {
        if (node.Domain.Length > 0 || node.OperatorType is not ("Conv" or "ConvTranspose" or "Gemm" or "MatMul") || node.Outputs[0] is not { } output) return 0;
        var (left, right, result) = (Sizes(node.Input(0)), Sizes(node.Input(1)), Sizes(output));
        if (left is null || right is null || result is null || right.Length == 0) return null;
        return node.OperatorType switch
        {
            "Conv" => Count(result) * (Count(right) / right[0]),
            // Every input element meets every filter of its group once.
            "ConvTranspose" => Count(left) * (Count(right) / right[0]),
            "Gemm" => Count(result) * right[node.Int("transB", 0) != 0 ? ^1 : 0],
            _ => Count(result) * left[^1],
        };

        long[]? Sizes(GraphValue? value)
        {
            if (value is null || !types.TryGetValue(value.Name, out var type) || type.Shape is not { Count: > 0 } shape) return null;
            var sizes = new long[shape.Count];
            for (int i = 0; i < sizes.Length; i++)
            {
                if (shape[i].Size is not { } size && i > 0) return null;
                sizes[i] = shape[i].Size ?? 1;
            }

            return sizes;
        }
    }

    private static long Count(IEnumerable<long> sizes) => sizes.Aggregate(1L, (a, b) => a * b);
}
