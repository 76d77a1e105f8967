using System.Buffers.Binary;
using System.Text;

namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>
/// A table of a FlatBuffer that came from elsewhere: every offset is checked against the buffer before it is followed.
/// </summary>
internal readonly struct FlatTable
{
    private readonly ReadOnlyMemory<byte> buffer;
    private readonly int position;
    private readonly int vtable;
    private readonly int vtableBytes;

    private FlatTable(ReadOnlyMemory<byte> buffer, long position)
    {
        this.buffer = buffer;
        this.position = Require(position, sizeof(int));
        vtable = Require(position - ReadInt32(this.position), 2 * sizeof(short));
        vtableBytes = ReadUInt16(vtable);
        Require(vtable, Math.Max(vtableBytes, 2 * sizeof(short)));
    }

    /// <exception cref="InvalidDataException">The buffer is no FlatBuffer.</exception>
    public static FlatTable Root(ReadOnlyMemory<byte> buffer)
    {
        if (buffer.Length < sizeof(int)) throw Broken();
        return new FlatTable(buffer, BinaryPrimitives.ReadUInt32LittleEndian(buffer.Span));
    }

    public bool Has(int slot) => FieldAt(slot) != 0;

    public byte GetByte(int slot, byte fallback = 0) => FieldAt(slot) is not 0 and var at ? buffer.Span[Require(at, 1)] : fallback;

    public bool GetBoolean(int slot) => GetByte(slot) != 0;

    public short GetInt16(int slot, short fallback = 0) => FieldAt(slot) is not 0 and var at ? (short)ReadUInt16(Require(at, sizeof(short))) : fallback;

    public int GetInt32(int slot, int fallback = 0) => FieldAt(slot) is not 0 and var at ? ReadInt32(Require(at, sizeof(int))) : fallback;

    public long GetInt64(int slot, long fallback = 0) =>
        FieldAt(slot) is not 0 and var at ? BinaryPrimitives.ReadInt64LittleEndian(buffer.Span[Require(at, sizeof(long))..]) : fallback;

    public string? GetString(int slot)
    {
        if (Target(slot) is not { } at) return null;
        var (start, length) = VectorAt(at, 1);
        return Encoding.UTF8.GetString(buffer.Span.Slice(start, length));
    }

    public FlatTable? GetTable(int slot) => Target(slot) is { } at ? new FlatTable(buffer, at) : null;

    public FlatTable[] GetTables(int slot)
    {
        if (Target(slot) is not { } at) return [];
        var (start, count) = VectorAt(at, sizeof(int));
        var tables = new FlatTable[count];
        for (int i = 0; i < count; i++)
        {
            int place = start + i * sizeof(int);
            tables[i] = new FlatTable(buffer, (long)place + (uint)ReadInt32(place));
        }

        return tables;
    }

    /// <summary>The bytes of a vector of structs.</summary>
    public ReadOnlyMemory<byte> GetStructs(int slot, int structBytes)
    {
        if (Target(slot) is not { } at) return default;
        var (start, count) = VectorAt(at, structBytes);
        return buffer.Slice(start, count * structBytes);
    }

    private static InvalidDataException Broken() => new("an offset of the metadata leads outside of it");

    private int FieldAt(int slot)
    {
        int entry = (slot + 2) * sizeof(short);
        if (entry + sizeof(short) > vtableBytes) return 0;
        int offset = ReadUInt16(vtable + entry);
        return offset == 0 ? 0 : position + offset;
    }

    private long? Target(int slot) => FieldAt(slot) is not 0 and var at ? (long)at + (uint)ReadInt32(Require(at, sizeof(int))) : null;

    private (int Start, int Count) VectorAt(long at, int elementBytes)
    {
        int place = Require(at, sizeof(int));
        int count = ReadInt32(place);
        if (count < 0 || (long)count * elementBytes > buffer.Length - place - sizeof(int)) throw Broken();
        return (place + sizeof(int), count);
    }

    private int Require(long at, int count) => at >= 0 && at + count <= buffer.Length ? (int)at : throw Broken();

    private int ReadInt32(int at) => BinaryPrimitives.ReadInt32LittleEndian(buffer.Span[at..]);

    private ushort ReadUInt16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(buffer.Span[at..]);
}
