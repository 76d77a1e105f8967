namespace Mesh.Onnx.Evaluation;

/// <summary>Memory that one or more tensors share.</summary>
internal sealed class TensorBuffer(TensorMemory memory, byte[] bytes, int length)
{
    private int references = 1;
    private bool escaped;

    public byte[] Bytes => bytes;

    public int Length => length;

    public void Retain() => references++;

    /// <summary>The caller of the model keeps the memory, so it is not used again.</summary>
    public void Escape() => escaped = true;

    public void Release()
    {
        if (--references == 0) memory.Return(this, !escaped);
    }
}
