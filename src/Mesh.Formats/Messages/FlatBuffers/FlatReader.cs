using System.Buffers.Binary;

namespace Mesh.Formats.Messages.FlatBuffers;

/// <summary>
/// Reads a FlatBuffer (flatbuffers.dev, "FlatBuffer Internals"). Every offset is a claim: it is followed only to a place within the buffer.
/// </summary>
internal readonly ref struct FlatReader(ReadOnlySpan<byte> data)
{
    public const string ErrorCode = "MESH10331";

    private readonly ReadOnlySpan<byte> data = data;

    public int Root => Follow(0);

    /// <summary>Where the offset at a place leads.</summary>
    public int Follow(int position)
    {
        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(At(position, 4));
        long target = position + (long)offset;
        if (offset == 0 || target > data.Length - 4) throw Broken(position, "an offset within the buffer", $"{offset:N0}");
        return (int)target;
    }

    /// <summary>Place of a table's field; -1 when it is absent.</summary>
    /// <param name="table">Place of the table.</param>
    /// <param name="slot">Its place in the table's vtable: 4, 6, 8 ...</param>
    public int Field(int table, int slot)
    {
        long vtable = table - (long)BinaryPrimitives.ReadInt32LittleEndian(At(table, 4));
        if (vtable < 0 || vtable > data.Length - 4) throw Broken(table, "a vtable within the buffer", $"{vtable:N0}");
        int size = BinaryPrimitives.ReadUInt16LittleEndian(At((int)vtable, 2));
        if (size < 4) throw Broken((int)vtable, "a vtable of at least 4 bytes", $"{size}");
        if (slot + 2 > size) return -1;
        int offset = BinaryPrimitives.ReadUInt16LittleEndian(At((int)vtable + slot, 2));
        if (offset == 0) return -1;
        if (offset < 4 || table + (long)offset >= data.Length) throw Broken((int)vtable + slot, "a field within the buffer", $"{offset:N0}");
        return table + offset;
    }

    /// <summary>First element of a vector whose offset stands at a place.</summary>
    public int Vector(int position, int elementBytes, out int count)
    {
        int start = Follow(position);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(At(start, 4));
        if (length * (long)elementBytes > data.Length - start - 4) throw Broken(start, $"{length:N0} elements of {elementBytes} bytes", $"{data.Length - start - 4:N0} bytes left");
        count = (int)length;
        return start + 4;
    }

    public ReadOnlySpan<byte> Bytes(int position)
    {
        int start = Vector(position, 1, out int count);
        return data.Slice(start, count);
    }

    public ReadOnlySpan<byte> At(int position, int count)
    {
        if (position < 0 || position > data.Length - count) throw Broken(Math.Max(0, position), $"{count} bytes", $"{Math.Max(0, data.Length - position):N0} bytes left");
        return data.Slice(position, count);
    }

    public static MessageFormatException Broken(int position, string expected, string found) => new(ErrorCode, position, expected, found);
}
