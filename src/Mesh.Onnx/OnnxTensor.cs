using System.Runtime.InteropServices;
using Mesh.Model;

namespace Mesh.Onnx;

/// <summary>A dense tensor: elements in row-major order, little-endian, as <c>TensorProto.raw_data</c> holds them. Text has no such form.</summary>
public sealed class OnnxTensor
{
    /// <param name="elementType">Type of the elements; not <see cref="OnnxElementType.String"/>.</param>
    /// <param name="dimensions">Sizes, outermost first; none for a scalar.</param>
    /// <param name="bytes">The elements. Owned by the tensor from now on.</param>
    /// <exception cref="MeshException"><c>MESH9803</c> when the bytes are not as many as the dimensions say.</exception>
    public OnnxTensor(OnnxElementType elementType, ReadOnlySpan<long> dimensions, Memory<byte> bytes)
    {
        ElementType = elementType;
        Dimensions = dimensions.ToArray();
        Bytes = bytes;
        Int128 count = 1;
        foreach (long size in dimensions)
        {
            if (size < 0) throw new MeshException("MESH9803", $"A tensor has a dimension of {size}. Sizes are not negative.");
            count = Int128.Min(count * size, long.MaxValue);
        }

        Count = (long)count;
        int width = WidthOf(elementType);
        if (count * width != bytes.Length)
        {
            throw new MeshException("MESH9803", $"A tensor of {elementType}[{string.Join(", ", Dimensions)}] has {bytes.Length} bytes where it needs {count * width}. Give as many elements as its dimensions say.");
        }
    }

    /// <summary>Type of the elements.</summary>
    public OnnxElementType ElementType { get; }

    /// <summary>Sizes, outermost first.</summary>
    public IReadOnlyList<long> Dimensions { get; }

    /// <summary>Number of elements.</summary>
    public long Count { get; }

    /// <summary>The elements' bytes.</summary>
    public Memory<byte> Bytes { get; }

    /// <summary>A tensor of numbers, copied.</summary>
    /// <typeparam name="T">Number type that ONNX has; <see cref="bool"/> and <see cref="Half"/> among them.</typeparam>
    /// <param name="values">Elements in row-major order.</param>
    /// <param name="dimensions">Sizes, outermost first.</param>
    /// <exception cref="MeshException"><c>MESH9803</c> when there are not as many values as the dimensions say, or ONNX has no such type.</exception>
    public static OnnxTensor Of<T>(ReadOnlySpan<T> values, params ReadOnlySpan<long> dimensions)
        where T : unmanaged => new(TypeOf<T>(), dimensions, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>The elements as numbers, to read and write.</summary>
    /// <typeparam name="T">The number type of <see cref="ElementType"/>.</typeparam>
    /// <exception cref="MeshException"><c>MESH9803</c> when the elements are of another type.</exception>
    public Span<T> As<T>()
        where T : unmanaged =>
        TypeOf<T>() == ElementType
            ? MemoryMarshal.Cast<byte, T>(Bytes.Span)
            : throw new MeshException("MESH9803", $"A tensor of {ElementType} is read as {typeof(T).Name}. Convert it first.");

    /// <inheritdoc/>
    public override string ToString() => $"{ElementType}[{string.Join(", ", Dimensions)}]";

    /// <summary>Bytes of an element.</summary>
    /// <exception cref="MeshException"><c>MESH9803</c> when elements of this type have no fixed number of bytes.</exception>
    public static int WidthOf(OnnxElementType type) => type switch
    {
        OnnxElementType.UInt8 or OnnxElementType.Int8 or OnnxElementType.Boolean => 1,
        OnnxElementType.UInt16 or OnnxElementType.Int16 or OnnxElementType.Float16 or OnnxElementType.BFloat16 => 2,
        OnnxElementType.Float or OnnxElementType.Int32 or OnnxElementType.UInt32 => 4,
        OnnxElementType.Double or OnnxElementType.Int64 or OnnxElementType.UInt64 => 8,
        _ => throw new MeshException("MESH9803", $"Elements of type {type} have no raw form. Use a number type."),
    };

    private static OnnxElementType TypeOf<T>() => default(T) switch
    {
        float => OnnxElementType.Float,
        double => OnnxElementType.Double,
        Half => OnnxElementType.Float16,
        bool => OnnxElementType.Boolean,
        sbyte => OnnxElementType.Int8,
        byte => OnnxElementType.UInt8,
        short => OnnxElementType.Int16,
        ushort => OnnxElementType.UInt16,
        int => OnnxElementType.Int32,
        uint => OnnxElementType.UInt32,
        long => OnnxElementType.Int64,
        ulong => OnnxElementType.UInt64,
        _ => throw new MeshException("MESH9803", $"ONNX has no element type for {typeof(T).Name}. Use a number type."),
    };
}
