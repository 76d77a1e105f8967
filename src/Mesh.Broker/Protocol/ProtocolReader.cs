using System.Buffers.Binary;
using System.Text;

namespace Mesh.Broker.Protocol;

/// <summary>
/// Reads the protocol's primitive types (Kafka protocol guide, "Protocol Primitive Types") from one frame. In a flexible version
/// (KIP-482) strings, bytes and arrays are compact and structures end with tagged fields; the caller names the type, the reader knows
/// the form. Nothing is allocated for a length before it was held against the bytes that are there.
/// </summary>
internal sealed class ProtocolReader(ReadOnlyMemory<byte> frame)
{
    /// <summary>Elements of all arrays of one request: each costs more memory than its bytes did.</summary>
    private const int MaxElements = 200_000;

    private int position;
    private int elements;

    /// <summary>Whether the version being read is flexible.</summary>
    public bool Flexible { get; set; }

    public int Remaining => frame.Length - position;

    public sbyte Int8() => (sbyte)Take(1)[0];

    public bool Boolean() => Take(1)[0] != 0;

    public short Int16() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

    public int Int32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public long Int64() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    public Guid Uuid() => new(Take(16), bigEndian: true);

    public uint UnsignedVarInt()
    {
        uint value = 0;
        for (int shift = 0; shift < 35; shift += 7)
        {
            byte next = Take(1)[0];
            value |= (uint)(next & 0x7f) << shift;
            if ((next & 0x80) == 0) return value;
        }

        throw new ProtocolException("A variable-length integer is longer than five bytes.");
    }

    public string String() => NullableString() ?? throw new ProtocolException("A string that must not be null is null.");

    public string? NullableString()
    {
        int length = Flexible ? CompactLength() : Int16();
        return length < 0 ? null : Encoding.UTF8.GetString(Take(length));
    }

    /// <summary>The client id of request header v2, which stayed in the old form (KIP-511).</summary>
    public string? ClassicNullableString()
    {
        int length = Int16();
        return length < 0 ? null : Encoding.UTF8.GetString(Take(length));
    }

    public ReadOnlyMemory<byte> Bytes() => NullableBytes() ?? throw new ProtocolException("Bytes that must not be null are null.");

    /// <summary>A part of the frame, not a copy.</summary>
    public ReadOnlyMemory<byte>? NullableBytes()
    {
        int length = Flexible ? CompactLength() : Int32();
        if (length < 0) return null;
        Take(length);
        return frame.Slice(position - length, length);
    }

    public List<T> Array<T>(Func<ProtocolReader, T> element) =>
        NullableArray(element) ?? throw new ProtocolException("An array that must not be null is null.");

    public List<T>? NullableArray<T>(Func<ProtocolReader, T> element)
    {
        int count = Flexible ? CompactLength() : Int32();
        if (count < 0) return null;

        // Each element has at least one byte, so a count beyond what is left is a lie.
        elements += Math.Min(count, MaxElements + 1);
        if (count > Remaining || elements > MaxElements) throw new ProtocolException($"An array claims {count:N0} elements.");

        var list = new List<T>(Math.Min(count, 64));
        for (int i = 0; i < count; i++) list.Add(element(this));
        return list;
    }

    /// <summary>Skips the tagged fields at the end of a structure; does nothing in a version that has none.</summary>
    public void Tags()
    {
        if (!Flexible) return;
        uint count = UnsignedVarInt();
        for (uint i = 0; i < count; i++)
        {
            UnsignedVarInt();
            uint size = UnsignedVarInt();
            if (size > (uint)Remaining) throw new ProtocolException("A tagged field is longer than its request.");
            position += (int)size;
        }
    }

    private int CompactLength()
    {
        uint length = UnsignedVarInt();
        if (length > int.MaxValue) throw new ProtocolException("A compact length is out of range.");
        return (int)length - 1;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)Remaining) throw new ProtocolException($"A field needs {count:N0} bytes, {Remaining:N0} are left.");
        position += count;
        return frame.Span.Slice(position - count, count);
    }
}
