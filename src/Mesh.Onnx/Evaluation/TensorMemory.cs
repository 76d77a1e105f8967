using System.Buffers;
using Mesh.Model;

namespace Mesh.Onnx.Evaluation;

/// <summary>Rents the memory of tensors and counts what is alive; memory goes back when the last tensor that shares it is released.</summary>
internal sealed class TensorMemory(OnnxEvaluatorOptions options)
{
    private long live;

    /// <summary>Most bytes that were alive at once.</summary>
    public long Peak { get; private set; }

    /// <summary>Bytes alive now.</summary>
    public long Live => live;

    public TensorBuffer Rent(long bytes)
    {
        if (bytes > options.MaxTensorBytes || bytes > Array.MaxLength)
        {
            throw new MeshException("MESH9820", $"needs a tensor of {bytes:N0} bytes, more than the {options.MaxTensorBytes:N0} allowed. Check the sizes of the inputs, or raise MaxTensorBytes.");
        }

        if (live + bytes > options.MaxLiveBytes)
        {
            throw new MeshException("MESH9820", $"needs {live + bytes:N0} bytes of tensors at once, more than the {options.MaxLiveBytes:N0} allowed. Run fewer samples at a time, or raise MaxLiveBytes.");
        }

        live += bytes;
        Peak = Math.Max(Peak, live);
        return new TensorBuffer(this, ArrayPool<byte>.Shared.Rent((int)bytes), (int)bytes);
    }

    internal void Return(TensorBuffer buffer, bool reuse)
    {
        live -= buffer.Length;
        if (reuse) ArrayPool<byte>.Shared.Return(buffer.Bytes);
    }
}
