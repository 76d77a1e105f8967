using Mesh.Model;
using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Evaluation;

/// <summary>One node with the tensors it is given; its kernel puts the results in.</summary>
internal sealed class NodeRun(GraphNode node, int opset, TensorMemory memory, Tensor?[] inputs, Tensor?[] outputs)
{
    public GraphNode Node => node;

    /// <summary>Version of the default operator set, which decides what the operator means.</summary>
    public int Opset => opset;

    public int InputCount => inputs.Length;

    public int OutputCount => outputs.Length;

    public Tensor Input(int index) => Optional(index) ?? throw Wrong($"lacks input {index}");

    public Tensor? Optional(int index) => index < inputs.Length ? inputs[index] : null;

    public bool Wants(int output) => output < node.Outputs.Count && node.Outputs[output] is not null;

    /// <summary>A tensor for an intermediate result; the kernel releases it.</summary>
    public Tensor Scratch(OnnxElementType type, params int[] shape) => Tensor.Rent(memory, type, shape);

    /// <summary>A tensor that becomes output <paramref name="index"/>.</summary>
    public Tensor Output(int index, OnnxElementType type, params int[] shape)
    {
        var tensor = Tensor.Rent(memory, type, shape);
        Give(index, tensor);
        return tensor;
    }

    /// <summary>Hands over a tensor as an output.</summary>
    public void Give(int index, Tensor tensor)
    {
        if (index >= outputs.Length)
        {
            tensor.Release();
            return;
        }

        outputs[index] = tensor;
    }

    /// <summary>Runs a kernel on other tensors, as part of this node; its first result is the caller's to release.</summary>
    public Tensor Sub(Action<NodeRun> kernel, params Tensor?[] given)
    {
        var results = new Tensor?[1];
        kernel(new NodeRun(node, opset, memory, given, results));
        return results[0]!;
    }

    /// <summary>An axis counted from either end.</summary>
    public int Axis(long axis, int rank)
    {
        if (axis < -rank || axis >= rank) throw Wrong($"has axis {axis} where the tensor has {rank} dimensions");
        return (int)(axis < 0 ? axis + rank : axis);
    }

    public MeshException Unsupported(string what) =>
        new("MESH9805", $"The evaluator cannot run the {node.Place}: {what}. Use ONNX Runtime for this model.");

    public MeshException Wrong(string what) =>
        new("MESH9821", $"The {node.Place} {what}. Check the sizes of the inputs, or export the model again.");

    public MeshException UnsupportedType(OnnxElementType type) => Unsupported($"elements of type {type} are not supported");
}
