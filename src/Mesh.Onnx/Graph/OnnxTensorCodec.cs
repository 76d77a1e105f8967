using System.Runtime.InteropServices;
using Google.Protobuf;
using Mesh.Model;

namespace Mesh.Onnx.Graph;

/// <summary>Turns <c>TensorProto</c>, which has a field for every kind of number, into <see cref="OnnxTensor"/> and back.</summary>
public static class OnnxTensorCodec
{
    /// <summary>Reads the elements, wherever the tensor keeps them.</summary>
    /// <exception cref="MeshException"><c>MESH9802</c> when there are not as many elements as the dimensions say; <c>MESH9803</c> for text.</exception>
    public static OnnxTensor Read(TensorProto tensor)
    {
        if (tensor.DataLocation != 0 || tensor.ExternalData.Count > 0) throw Broken(tensor, "keeps its data in another file; export the model as one file");
        var type = (OnnxElementType)tensor.DataType;
        int width = OnnxTensor.WidthOf(type);
        Int128 count = 1;
        foreach (long size in tensor.Dims)
        {
            if (size < 0) throw Broken(tensor, $"has a dimension of {size}");
            count *= size;
            if (count > int.MaxValue) throw Broken(tensor, "claims more than 2^31 elements");
        }

        int held = tensor.HasRawData ? tensor.RawData.Length / width : Held(tensor, type);
        if (held != count || (tensor.HasRawData && tensor.RawData.Length % width != 0)) throw Broken(tensor, $"has {held} elements where its shape needs {count}");
        byte[] bytes = tensor.HasRawData ? tensor.RawData.ToByteArray() : Pack(tensor, type, new byte[held * width]);
        return new OnnxTensor(type, [.. tensor.Dims], bytes);
    }

    /// <summary>The elements of a float tensor, without a copy where it keeps them raw.</summary>
    /// <exception cref="MeshException"><c>MESH9802</c>, <c>MESH9803</c>.</exception>
    public static ReadOnlySpan<float> Floats(TensorProto tensor)
    {
        bool isPlain = tensor is { DataType: (int)OnnxElementType.Float, HasRawData: true, DataLocation: 0, ExternalData.Count: 0 } && BitConverter.IsLittleEndian;
        return isPlain ? MemoryMarshal.Cast<byte, float>(tensor.RawData.Span) : Read(tensor).As<float>();
    }

    /// <summary>The elements around the memory of the message where it keeps them raw: to read, never to write.</summary>
    /// <exception cref="MeshException"><c>MESH9802</c>, <c>MESH9803</c>.</exception>
    internal static OnnxTensor View(TensorProto tensor) => tensor is { HasRawData: true, DataLocation: 0, ExternalData.Count: 0 } && BitConverter.IsLittleEndian
        ? new OnnxTensor((OnnxElementType)tensor.DataType, [.. tensor.Dims], MemoryMarshal.AsMemory(tensor.RawData.Memory))
        : Read(tensor);

    /// <summary>A named tensor around bytes, which nobody may change from now on.</summary>
    internal static TensorProto Wrap(string name, OnnxElementType type, IEnumerable<long> dimensions, byte[] bytes)
    {
        var proto = new TensorProto { Name = name, DataType = (int)type, RawData = UnsafeByteOperations.UnsafeWrap(bytes) };
        proto.Dims.AddRange(dimensions);
        return proto;
    }

    /// <summary>A named tensor with raw data.</summary>
    public static TensorProto Write(string name, OnnxTensor tensor)
    {
        var proto = new TensorProto { Name = name, DataType = (int)tensor.ElementType, RawData = ByteString.CopyFrom(tensor.Bytes.Span) };
        proto.Dims.AddRange(tensor.Dimensions);
        return proto;
    }

    private static int Held(TensorProto tensor, OnnxElementType type) => type switch
    {
        OnnxElementType.Float => tensor.FloatData.Count,
        OnnxElementType.Double => tensor.DoubleData.Count,
        OnnxElementType.Int64 => tensor.Int64Data.Count,
        OnnxElementType.UInt32 or OnnxElementType.UInt64 => tensor.Uint64Data.Count,
        _ => tensor.Int32Data.Count,
    };

    private static byte[] Pack(TensorProto tensor, OnnxElementType type, byte[] bytes)
    {
        switch (type)
        {
            case OnnxElementType.Float: Fill<float, float>(tensor.FloatData, bytes, value => value); break;
            case OnnxElementType.Double: Fill<double, double>(tensor.DoubleData, bytes, value => value); break;
            case OnnxElementType.Int64: Fill<long, long>(tensor.Int64Data, bytes, value => value); break;
            case OnnxElementType.UInt64: Fill<ulong, ulong>(tensor.Uint64Data, bytes, value => value); break;
            case OnnxElementType.UInt32: Fill<ulong, uint>(tensor.Uint64Data, bytes, value => (uint)value); break;
            case OnnxElementType.Int32: Fill<int, int>(tensor.Int32Data, bytes, value => value); break;
            default:
                if (OnnxTensor.WidthOf(type) == 1) Fill<int, byte>(tensor.Int32Data, bytes, value => (byte)value);
                else Fill<int, ushort>(tensor.Int32Data, bytes, value => (ushort)value);
                break;
        }

        return bytes;
    }

    private static void Fill<TFrom, TTo>(IReadOnlyList<TFrom> values, byte[] bytes, Func<TFrom, TTo> convert)
        where TTo : unmanaged
    {
        var target = MemoryMarshal.Cast<byte, TTo>(bytes.AsSpan());
        for (int i = 0; i < target.Length; i++) target[i] = convert(values[i]);
    }

    private static MeshException Broken(TensorProto tensor, string what) =>
        new("MESH9802", $"The ONNX model is broken: tensor '{tensor.Name}' {what}. Export the model again.");
}
