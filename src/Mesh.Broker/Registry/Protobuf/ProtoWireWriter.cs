using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Mesh.Broker.Registry.Protobuf;

/// <summary>Writes fields in Protobuf's wire format.</summary>
internal sealed class ProtoWireWriter
{
    private readonly ArrayBufferWriter<byte> bytes = new();

    public byte[] ToArray() => bytes.WrittenSpan.ToArray();

    public void Varint(int field, ulong value)
    {
        Raw(((ulong)field << 3) | 0);
        Raw(value);
    }

    public void Fixed32(int field, uint value)
    {
        Raw(((ulong)field << 3) | 5);
        Span<byte> four = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(four, value);
        bytes.Write(four);
    }

    public void Fixed64(int field, ulong value)
    {
        Raw(((ulong)field << 3) | 1);
        Span<byte> eight = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(eight, value);
        bytes.Write(eight);
    }

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Raw(((ulong)field << 3) | 2);
        Raw((ulong)value.Length);
        bytes.Write(value);
    }

    public void Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public void Message(int field, Action<ProtoWireWriter> write)
    {
        var inner = new ProtoWireWriter();
        write(inner);
        Bytes(field, inner.ToArray());
    }

    public void Group(int field, ReadOnlySpan<byte> content)
    {
        Raw(((ulong)field << 3) | 3);
        bytes.Write(content);
        Raw(((ulong)field << 3) | 4);
    }

    /// <summary>Appends fields that are encoded already.</summary>
    public void Append(ReadOnlySpan<byte> encoded) => bytes.Write(encoded);

    private void Raw(ulong value)
    {
        Span<byte> varint = stackalloc byte[10];
        int length = 0;
        for (; value >= 0x80; value >>= 7) varint[length++] = (byte)(value | 0x80);
        varint[length++] = (byte)value;
        bytes.Write(varint[..length]);
    }
}
