using System.Collections.Frozen;
using Mesh.Model;
using Mesh.Onnx.Evaluation.Kernels;
using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Evaluation;

/// <summary>Which kernel computes which operator of the default set.</summary>
internal static class KernelTable
{
    /// <summary>Operators that take half precision as it is, because they only move elements or convert them.</summary>
    private static readonly FrozenSet<string> HalfAsIs = new[] { "Cast", "CastLike" }.Concat(MovementKernels.All.Keys).Concat(ShapeKernels.All.Keys).ToFrozenSet();

    private static readonly FrozenDictionary<string, Action<NodeRun>> Kernels = new[]
    {
        ArithmeticKernels.All, UnaryKernels.All, MatrixKernels.All, ConvolutionKernels.All, PoolingKernels.All, NormalisationKernels.All, ReductionKernels.All,
        MovementKernels.All, ShapeKernels.All, ResizeKernels.All, SelectionKernels.All, QuantisationKernels.All, RecurrentKernels.All,
    }.SelectMany(family => family).ToFrozenDictionary();

    public static IEnumerable<string> Names => Kernels.Keys;

    public static bool Knows(GraphNode node) => (node.Domain.Length == 0 || IsLinear(node)) && Kernels.ContainsKey(node.OperatorType);

    /// <exception cref="MeshException"><c>MESH9805</c>.</exception>
    public static Action<NodeRun> Find(GraphNode node)
    {
        if (node.Domain.Length > 0 && !IsLinear(node)) throw new MeshException("MESH9805", $"The evaluator cannot run the {node.Place}: it knows no operators of '{node.Domain}'. Use ONNX Runtime for this model.");
        return Kernels.GetValueOrDefault(node.OperatorType)
            ?? throw new MeshException("MESH9805", $"The evaluator cannot run the {node.Place}: the operator is not one of those it knows (docs/onnx). Use ONNX Runtime for this model.");
    }

    /// <summary>Computes a node's outputs.</summary>
    /// <exception cref="MeshException">
    /// <c>MESH9805</c> not supported, <c>MESH9820</c> too large, <c>MESH9821</c> the tensors do not fit the operator; each names the node.
    /// </exception>
    public static Tensor?[] Run(GraphNode node, int opset, TensorMemory memory, Tensor?[] given)
    {
        var kernel = Find(node);
        var results = new Tensor?[node.Outputs.Count];
        try
        {
            if (HalfAsIs.Contains(node.OperatorType) || !given.Any(tensor => tensor?.Type == OnnxElementType.Float16)) kernel(new NodeRun(node, opset, memory, given, results));
            else RunInSinglePrecision(kernel, node, opset, memory, given, results);
            return results;
        }
        catch (MeshException exception) when (!exception.Message.Contains(node.Place, StringComparison.Ordinal))
        {
            Release(results);
            throw new MeshException(exception.Code, $"The {node.Place} {exception.Message}", innerException: exception);
        }
        catch (Exception exception) when (exception is ArithmeticException or ArgumentException or IndexOutOfRangeException or InvalidOperationException or OutOfMemoryException)
        {
            // Kernels check what the specification names; a model can still be wrong in ways that only show as an index or a division.
            Release(results);
            throw new MeshException("MESH9821", $"The {node.Place} cannot be computed on {string.Join(", ", given.Select(tensor => tensor?.ToString() ?? "nothing"))}: {exception.Message} Check the sizes of the inputs, or export the model again.", innerException: exception);
        }
    }

    /// <summary>ONNX Runtime's own operators of these names are the standard's, with 16-bit integers before operator set 21.</summary>
    private static bool IsLinear(GraphNode node) => node is { Domain: "com.microsoft", OperatorType: "QuantizeLinear" or "DequantizeLinear" };

    private static void RunInSinglePrecision(Action<NodeRun> kernel, GraphNode node, int opset, TensorMemory memory, Tensor?[] given, Tensor?[] results)
    {
        var widened = given.Select(tensor => tensor?.Type == OnnxElementType.Float16 ? CastKernels.Convert(tensor, OnnxElementType.Float, memory) : null).ToArray();
        try
        {
            kernel(new NodeRun(node, opset, memory, [.. given.Select((tensor, i) => widened[i] ?? tensor)], results));
            for (int i = 0; i < results.Length; i++)
            {
                if (results[i] is not { Type: OnnxElementType.Float } wide) continue;
                results[i] = CastKernels.Convert(wide, OnnxElementType.Float16, memory);
                wide.Release();
            }
        }
        finally
        {
            foreach (var tensor in widened) tensor?.Release();
        }
    }

    private static void Release(Tensor?[] results)
    {
        for (int i = 0; i < results.Length; i++)
        {
            results[i]?.Release();
            results[i] = null;
        }
    }
}
