using System.Buffers.Binary;

namespace Mesh.Formats.Mdf4;

/// <summary>Bytes that grow at the end and are reused.</summary>
internal sealed class Mdf4Buffer
{
    private byte[] bytes = [];

    public int Count { get; private set; }

    public ReadOnlyMemory<byte> Memory => bytes.AsMemory(0, Count);

    public Memory<byte> Writable => bytes.AsMemory(0, Count);

    public Span<byte> Span => bytes.AsSpan(0, Count);

    public void Clear() => Count = 0;

    public void Truncate(int count) => Count = count;

    public void Append(ReadOnlySpan<byte> data) => data.CopyTo(Extend(data.Length));

    public void AppendInt64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Extend(sizeof(long)), value);

    /// <summary>Adds bytes for the caller to write.</summary>
    public Span<byte> Extend(int count)
    {
        Reserve(count);
        Count += count;
        return bytes.AsSpan(Count - count, count);
    }

    /// <summary>Room behind the bytes, as memory to read into; <see cref="Extend"/> by what was read.</summary>
    public Memory<byte> Room(int count)
    {
        Reserve(count);
        return bytes.AsMemory(Count, count);
    }

    /// <summary>Removes bytes at the front.</summary>
    public void Drop(int count)
    {
        bytes.AsSpan(count, Count - count).CopyTo(bytes);
        Count -= count;
    }

    private void Reserve(int count)
    {
        if (bytes.Length - Count >= count) return;
        long size = Math.Min(Math.Max((long)Count + count, Math.Max(256, bytes.Length * 2L)), Array.MaxLength);
        byte[] larger = GC.AllocateUninitializedArray<byte>((int)size);
        bytes.AsSpan(0, Count).CopyTo(larger);
        bytes = larger;
    }
}
