using System.Runtime.InteropServices;
using Mesh.Model;

namespace Mesh.Onnx.Evaluation;

/// <summary>A tensor while a model runs: row-major elements in memory that may be shared with a reshaped one.</summary>
internal sealed class Tensor
{
    private readonly Memory<byte> bytes;
    private readonly TensorBuffer? buffer;

    private Tensor(OnnxElementType type, int[] shape, Memory<byte> bytes, TensorBuffer? buffer)
    {
        Type = type;
        Shape = shape;
        this.bytes = bytes;
        this.buffer = buffer;
        Length = bytes.Length / OnnxTensor.WidthOf(type);
    }

    public OnnxElementType Type { get; }

    public int[] Shape { get; }

    public int Rank => Shape.Length;

    /// <summary>Number of elements.</summary>
    public int Length { get; }

    public Span<byte> Bytes => bytes.Span;

    public static Tensor Rent(TensorMemory memory, OnnxElementType type, int[] shape)
    {
        int width = OnnxTensor.WidthOf(type);
        Int128 size = width;
        foreach (int dimension in shape)
        {
            if (dimension < 0) throw new MeshException("MESH9821", $"computes a dimension of {dimension}. Check the sizes of the inputs.");
            size = Int128.Min(size * dimension, long.MaxValue);
        }

        var rented = memory.Rent((long)size);
        return new Tensor(type, shape, rented.Bytes.AsMemory(0, rented.Length), rented);
    }

    /// <summary>Around a caller's tensor, which is not copied and must not be written.</summary>
    public static Tensor Around(OnnxTensor tensor)
    {
        var shape = new int[tensor.Dimensions.Count];
        for (int i = 0; i < shape.Length; i++)
        {
            if (tensor.Dimensions[i] > int.MaxValue) throw new MeshException("MESH9820", $"A tensor has a dimension of {tensor.Dimensions[i]:N0}, more than 2^31.");
            shape[i] = (int)tensor.Dimensions[i];
        }

        return new Tensor(tensor.ElementType, shape, tensor.Bytes, null);
    }

    /// <summary>The same elements in another shape, sharing the memory.</summary>
    public Tensor Reshaped(int[] shape)
    {
        buffer?.Retain();
        return new Tensor(Type, shape, bytes, buffer);
    }

    /// <summary>For the caller of the model: memory of its own, never used again here.</summary>
    public OnnxTensor ToOnnx()
    {
        long[] dimensions = [.. Shape.Select(size => (long)size)];
        if (buffer is null) return new OnnxTensor(Type, dimensions, bytes.ToArray());
        buffer.Escape();
        return new OnnxTensor(Type, dimensions, bytes);
    }

    public void Release() => buffer?.Release();

    public Span<T> As<T>()
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(bytes.Span);

    /// <summary>Integers of a shape, axes or the like: int64 or int32.</summary>
    public long[] ToInts()
    {
        var result = new long[Length];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = Type switch
            {
                OnnxElementType.Int64 => As<long>()[i],
                OnnxElementType.Int32 => As<int>()[i],
                _ => throw new MeshException("MESH9821", $"takes integers from a tensor of {Type}. Export the model again."),
            };
        }

        return result;
    }

    /// <summary>One number as double, whatever its type.</summary>
    public double Number(int index = 0) => Type switch
    {
        OnnxElementType.Float => As<float>()[index],
        OnnxElementType.Double => As<double>()[index],
        OnnxElementType.Float16 => (double)As<Half>()[index],
        OnnxElementType.Int64 => As<long>()[index],
        OnnxElementType.Int32 => As<int>()[index],
        OnnxElementType.UInt64 => As<ulong>()[index],
        OnnxElementType.UInt32 => As<uint>()[index],
        OnnxElementType.Int16 => As<short>()[index],
        OnnxElementType.UInt16 => As<ushort>()[index],
        OnnxElementType.Int8 => As<sbyte>()[index],
        OnnxElementType.UInt8 or OnnxElementType.Boolean => As<byte>()[index],
        _ => throw new MeshException("MESH9805", $"cannot compute with {Type} here. Convert the model to float."),
    };

    public override string ToString() => $"{Type}[{string.Join(", ", Shape)}]";
}
