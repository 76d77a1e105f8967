using System.Runtime.CompilerServices;
using System.Text;

namespace Mesh.Formats.Messages;

/// <summary>
/// Writes payloads value by value in one of the ROS wire formats, which differ in alignment and texts alone. Reuse one writer for many
/// messages: <see cref="Reset"/> keeps the buffer.
/// </summary>
public abstract class PayloadWriter
{
    private readonly byte[] head;
    private readonly int alignmentMask;
    private readonly int terminatorBytes;
    private byte[] buffer = new byte[256];
    private int used;

    /// <param name="head">What every message begins with; alignment counts from behind it.</param>
    /// <param name="isAligned">Whether numbers are aligned to their size.</param>
    /// <param name="isTerminated">Whether texts end with a zero byte, which counts in their length.</param>
    private protected PayloadWriter(ReadOnlySpan<byte> head, bool isAligned, bool isTerminated)
    {
        this.head = head.ToArray();
        alignmentMask = isAligned ? -1 : 0;
        terminatorBytes = isTerminated ? 1 : 0;
        Reset();
    }

    /// <summary>The message written so far; valid until the next write or reset.</summary>
    public ReadOnlyMemory<byte> Written => buffer.AsMemory(0, used);

    /// <summary>Forgets the message and starts the next.</summary>
    public void Reset()
    {
        head.CopyTo(buffer, 0);
        used = head.Length;
    }

    /// <summary>Writes a number.</summary>
    /// <typeparam name="T">A primitive of 1, 2, 4 or 8 bytes.</typeparam>
    public void Write<T>(T value) where T : unmanaged
    {
        int size = Unsafe.SizeOf<T>();
        var place = Reserve(-(used - head.Length) & (size - 1) & alignmentMask, size);
        Unsafe.WriteUnaligned(ref place[0], value);
        if (!BitConverter.IsLittleEndian) place.Reverse();
    }

    /// <summary>Writes a truth value.</summary>
    public void Write(bool value) => Write(value ? (byte)1 : (byte)0);

    /// <summary>Writes text with its length.</summary>
    public void Write(string value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        Write(length + terminatorBytes);
        var place = Reserve(0, length + terminatorBytes);
        Encoding.UTF8.GetBytes(value, place);
        place[length..].Clear();
    }

    /// <summary>Writes the length of a sequence; its elements follow.</summary>
    public void WriteCount(int count) => Write((uint)count);

    /// <summary>Writes a sequence of bytes with its length.</summary>
    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteCount(value.Length);
        value.CopyTo(Reserve(0, value.Length));
    }

    /// <summary>Writes a time: of ROS 2 a <c>builtin_interfaces/Time</c>, of ROS 1 a <c>time</c>.</summary>
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
