using Mesh.Model;
using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Evaluation;

/// <summary>Holds the tensors a caller gives against what the model says it takes.</summary>
internal static class InputBinding
{
    /// <returns>The given tensors that are inputs.</returns>
    /// <exception cref="MeshException"><c>MESH9804</c>.</exception>
    public static List<(string Name, OnnxTensor Tensor)> Check(ModelGraph graph, IReadOnlyDictionary<string, OnnxTensor> given)
    {
        var symbols = new Dictionary<string, (long Size, string Input)>();
        var bound = new List<(string, OnnxTensor)>();
        foreach (var input in graph.Inputs)
        {
            if (!given.TryGetValue(input.Name, out var tensor)) throw Misfit($"input '{input.Name}' is missing");
            var type = input.Type.TensorType;
            if ((int)tensor.ElementType != type.ElemType) throw Misfit($"input '{input.Name}' is {tensor.ElementType}, expected {(OnnxElementType)type.ElemType}");
            if (type.Shape is { } shape) CheckShape(input.Name, shape, tensor, symbols);
            bound.Add((input.Name, tensor));
        }

        foreach (string name in given.Keys)
        {
            if (graph.Find(name) is not { IsInput: true }) throw Misfit($"there is no input '{name}'; the model takes {string.Join(", ", graph.Inputs.Select(input => input.Name))}");
        }

        return bound;
    }

    private static void CheckShape(string name, TensorShapeProto shape, OnnxTensor tensor, Dictionary<string, (long Size, string Input)> symbols)
    {
        if (shape.Dim.Count != tensor.Dimensions.Count) throw Misfit($"input '{name}' is {tensor} where {shape.Dim.Count} dimensions are expected");
        for (int i = 0; i < shape.Dim.Count; i++)
        {
            long size = tensor.Dimensions[i];
            var expected = shape.Dim[i];
            if (expected.ValueCase == TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue && expected.DimValue != size)
            {
                throw Misfit($"input '{name}' is {tensor}, expected {expected.DimValue} in dimension {i}");
            }

            if (expected.ValueCase != TensorShapeProto.Types.Dimension.ValueOneofCase.DimParam || expected.DimParam.Length == 0) continue;
            if (!symbols.TryAdd(expected.DimParam, (size, name)) && symbols[expected.DimParam].Size != size)
            {
                throw Misfit($"'{expected.DimParam}' is {symbols[expected.DimParam].Size} in input '{symbols[expected.DimParam].Input}' and {size} in '{name}'");
            }
        }
    }

    private static MeshException Misfit(string what) => new("MESH9804", $"The model cannot take this: {what}. `mesh onnx inspect` shows what it takes.");
}
