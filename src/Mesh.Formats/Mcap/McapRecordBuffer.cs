using System.Buffers.Binary;
using System.Text;
using Mesh.Formats.Blocks;

namespace Mesh.Formats.Mcap;

/// <summary>Records being put together in one growing piece of memory.</summary>
internal sealed class McapRecordBuffer : IDisposable
{
    private byte[] bytes = [];

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Memory => bytes.AsMemory(0, Length);

    public ReadOnlySpan<byte> Span => bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Truncate(int length) => Length = length;

    /// <summary>Room for <paramref name="size"/> more bytes, of which <see cref="Advance"/> says how many were used.</summary>
    public Span<byte> Reserve(int size)
    {
        int needed = checked(Length + size);
        if (needed > bytes.Length)
        {
            byte[] larger = SourceWindow.Rent((int)Math.Min(Array.MaxLength, Math.Max(Math.Max(1024L, bytes.Length * 2L), needed)));
            Span.CopyTo(larger);
            SourceWindow.Release(bytes);
            bytes = larger;
        }

        return bytes.AsSpan(Length);
    }

    public void Advance(int count) => Length += count;

    /// <summary>Begins a record; <see cref="End"/> with the returned place writes its length.</summary>
    public int Begin(McapOpcode opcode)
    {
        Add((byte)opcode);
        Add(0UL);
        return Length;
    }

    public void End(int contentStart) =>
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(contentStart - sizeof(ulong)), (ulong)(Length - contentStart));

    public void Add(byte value)
    {
        Reserve(1)[0] = value;
        Length++;
    }

    public void Add(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(Reserve(sizeof(ushort)), value);
        Length += sizeof(ushort);
    }

    public void Add(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Reserve(sizeof(uint)), value);
        Length += sizeof(uint);
    }

    public void Add(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Reserve(sizeof(ulong)), value);
        Length += sizeof(ulong);
    }

    public void Add(ReadOnlySpan<byte> value)
    {
        value.CopyTo(Reserve(value.Length));
        Length += value.Length;
    }

    /// <summary>Text preceded by its length in bytes.</summary>
    public void Add(string value)
    {
        int at = Length;
        Add(0U);
        Length += Encoding.UTF8.GetBytes(value, Reserve(Encoding.UTF8.GetMaxByteCount(value.Length)));
        SetUInt32(at, (uint)(Length - at - sizeof(uint)));
    }

    public void Add(IReadOnlyDictionary<string, string>? map)
    {
        int at = Length;
        Add(0U);
        foreach (var (key, value) in map ?? new Dictionary<string, string>())
        {
            Add(key);
            Add(value);
        }

        SetUInt32(at, (uint)(Length - at - sizeof(uint)));
    }

    public void SetUInt32(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);

    public void SetUInt64(int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), value);

    public void Dispose()
    {
        SourceWindow.Release(bytes);
        bytes = [];
        Length = 0;
    }
}
