using System.Runtime.InteropServices;
using Mesh.Model;
using Mesh.Onnx.Evaluation;
using Mesh.Onnx.Graph;
using Mesh.Onnx.Shapes;

namespace Mesh.Onnx.Passes;

/// <summary>
/// Computes what does not depend on the inputs once and for all, with <see cref="OnnxEvaluator"/>'s kernels; the shape of a value whose sizes are
/// known is such a constant too. Quantised weights stay quantised, and what would make the model larger than <paramref name="maxBytes"/> a
/// tensor is left to the runtime.
/// </summary>
/// <param name="maxBytes">Largest constant made, in bytes (default: 16 MiB).</param>
public sealed class ConstantFolding(long maxBytes = 16L << 20)
{
    /// <summary>Folding these would undo what they are for.</summary>
    private static readonly HashSet<string> Kept = ["QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"];

    /// <returns>How many nodes became constants.</returns>
    public int Run(ModelGraph graph)
    {
        var types = ShapeInference.Infer(graph);
        int folded = 0;
        foreach (var node in graph.Nodes.ToList())
        {
            if (node.HasSubgraphs || Kept.Contains(node.OperatorType) || !KernelTable.Knows(node)) continue;
            // The outputs of the model stay computed: some runtimes refuse a constant there.
            if (node.Outputs.Any(output => output is { IsOutput: true })) continue;
            var results = node.OperatorType == "Shape" ? KnownShape(node, types) : node.Inputs.All(input => input is null or { IsConstant: true }) ? Compute(graph, node) : null;
            if (results is null) continue;
            var outputs = node.Outputs.ToList();
            for (int i = 0; i < outputs.Count; i++)
            {
                if (outputs[i] is { } output) ModelGraph.MakeConstant(output, results[i]!);
            }

            graph.Remove(node);
            folded++;
        }

        return folded;
    }

    private static OnnxTensor?[]? KnownShape(GraphNode node, IReadOnlyDictionary<string, InferredType> types)
    {
        if (node.Input(0) is not { } input || types[input.Name].Shape is not { } shape || shape.Any(size => size.Size is null)) return null;
        int start = Evaluation.Kernels.ShapeKernels.Clamp(node.Int("start", 0), shape.Count), end = Evaluation.Kernels.ShapeKernels.Clamp(node.Int("end", shape.Count), shape.Count);
        long[] sizes = [.. shape.Skip(start).Take(Math.Max(0, end - start)).Select(size => size.Size!.Value)];
        return [OnnxTensor.Of<long>(sizes, sizes.Length)];
    }

    private OnnxTensor?[]? Compute(ModelGraph graph, GraphNode node)
    {
        try
        {
            var memory = new TensorMemory(new OnnxEvaluatorOptions { MaxTensorBytes = maxBytes, MaxLiveBytes = 8 * maxBytes });
            var given = node.Inputs.Select(input => ModelGraph.ConstantOf(input) is { } tensor ? Tensor.Around(tensor) : null).ToArray();
            OnnxTensor?[] results = [.. KernelTable.Run(node, (int)graph.Opset, memory, given).Select(result => result?.ToOnnx())];
            for (int i = 0; i < results.Length; i++)
            {
                if (node.Outputs[i] is not null && results[i] is not { } || results[i] is { } made && !IsSound(made)) return null;
            }

            return results;
        }
        catch (MeshException exception) when (exception.Code is "MESH9803" or "MESH9805" or "MESH9820" or "MESH9821")
        {
            // Too large, not supported or not computable: the runtime is left to say so, if it ever gets there.
            return null;
        }
    }

    /// <summary>Constants that are not finite would make the model one that this project refuses to read.</summary>
    private static bool IsSound(OnnxTensor tensor)
    {
        if (tensor.ElementType != OnnxElementType.Float) return true;
        foreach (float value in MemoryMarshal.Cast<byte, float>(tensor.Bytes.Span))
        {
            if (!float.IsFinite(value)) return false;
        }

        return true;
    }
}
