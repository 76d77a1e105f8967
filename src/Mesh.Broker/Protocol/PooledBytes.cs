using System.Buffers;

namespace Mesh.Broker.Protocol;

/// <summary>Bytes in a buffer that goes back to the pool.</summary>
internal sealed class PooledBytes(int capacity) : IDisposable
{
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(capacity);

    public int Length { get; set; }

    public ReadOnlySpan<byte> Span => buffer.AsSpan(0, Length);

    public Span<byte> Whole => buffer;

    public Memory<byte> Room => buffer;

    public ReadOnlyMemory<byte> Memory => buffer.AsMemory(0, Length);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(buffer.AsSpan(Length));
        Length += bytes.Length;
    }

    /// <summary>Makes room behind what is there.</summary>
    public void Reserve(int bytes)
    {
        int needed = checked(Length + bytes);
        if (needed <= buffer.Length) return;
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max(needed, buffer.Length * 2L), Array.MaxLength));
        buffer.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }

    /// <summary>A zig-zag variable-length integer.</summary>
    public void AppendVarInt(long value)
    {
        Reserve(10);
        ulong raw = (ulong)((value << 1) ^ (value >> 63));
        for (; raw >= 0x80; raw >>= 7) buffer[Length++] = (byte)(raw | 0x80);
        buffer[Length++] = (byte)raw;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
        Length = 0;
    }
}
