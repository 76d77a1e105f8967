using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace Mesh.Formats.Messages;

/// <summary>
/// Writes payloads in plain little-endian CDR with its encapsulation header (OMG DDS-XTypes 1.3, 7.4.1), as ROS 2 records them.
/// Reuse one writer for many messages: <see cref="Reset"/> keeps the buffer.
/// </summary>
public sealed class CdrWriter
{
    private const int HeaderBytes = 4;
    private byte[] buffer = new byte[256];
    private int used;

    /// <summary>Starts with an empty message.</summary>
    public CdrWriter() => Reset();

    /// <summary>The message written so far; valid until the next write or reset.</summary>
    public ReadOnlyMemory<byte> Written => buffer.AsMemory(0, used);

    /// <summary>Forgets the message and writes the header of the next.</summary>
    public void Reset()
    {
        "\0\u0001\0\0"u8.CopyTo(buffer);
        used = HeaderBytes;
    }

    /// <summary>Writes a number, aligned to its size.</summary>
    /// <typeparam name="T">A primitive of 1, 2, 4 or 8 bytes.</typeparam>
    public void Write<T>(T value) where T : unmanaged
    {
        int size = Unsafe.SizeOf<T>();
        var place = Reserve(-(used - HeaderBytes) & (size - 1), size);
        Unsafe.WriteUnaligned(ref place[0], value);
        if (!BitConverter.IsLittleEndian) place.Reverse();
    }

    /// <summary>Writes a truth value.</summary>
    public void Write(bool value) => Write(value ? (byte)1 : (byte)0);

    /// <summary>Writes text with its length and terminator.</summary>
    public void Write(string value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        Write(length + 1);
        var place = Reserve(0, length + 1);
        Encoding.UTF8.GetBytes(value, place);
        place[length] = 0;
    }

    /// <summary>Writes the length of a sequence; its elements follow.</summary>
    public void WriteCount(int count) => Write((uint)count);

    /// <summary>Writes a sequence of bytes with its length.</summary>
    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteCount(value.Length);
        value.CopyTo(Reserve(0, value.Length));
    }

    /// <summary>Writes a <c>builtin_interfaces/Time</c>.</summary>
    /// <param name="timeNs">Nanoseconds since 1970; the seconds must fit 31 bits.</param>
    public void WriteTime(long timeNs)
    {
        Write(checked((int)(timeNs / 1_000_000_000)));
        Write((uint)(timeNs % 1_000_000_000));
    }

    private Span<byte> Reserve(int padding, int size)
    {
        int needed = checked(used + padding + size);
        if (needed > buffer.Length) Array.Resize(ref buffer, Math.Max(needed, buffer.Length * 2));
        buffer.AsSpan(used, padding).Clear();
        used = needed;
        return buffer.AsSpan(used - size, size);
    }
}
