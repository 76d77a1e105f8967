using System.Buffers;
using Mesh.Model;

namespace Mesh.Formats.Blocks;

/// <summary>
/// A forward view of a byte source through one reused buffer. The buffer grows only for bytes that the source really has, and what it
/// held may be overwritten by the next <see cref="EnsureAsync"/>.
/// </summary>
internal sealed class SourceWindow(IByteSource source, long position, long end, int readBytes) : IDisposable
{
    // Larger arrays are not given back to the shared pool, which would keep them for ever.
    private const int LargestPooled = 4 << 20;

    private readonly BlockBuffer buffer = new();
    private int start;
    private int filled;

    /// <summary>Position in the source of the first unread byte.</summary>
    public long Position { get; private set; } = position;

    /// <summary>Bytes up to the end of the source.</summary>
    public long Remaining => end - Position;

    /// <summary>Unread bytes in memory.</summary>
    public ReadOnlySpan<byte> Span => buffer.Memory.Span[start..filled];

    /// <summary>The whole buffer; the first unread byte is at <see cref="Start"/>.</summary>
    public ReadOnlyMemory<byte> Buffer => buffer.Memory;

    /// <summary>Position of the first unread byte in <see cref="Buffer"/>.</summary>
    public int Start => start;

    public bool Has(long count) => filled - start >= count;

    /// <summary>Reads until <paramref name="count"/> unread bytes are in memory; false when the source has fewer.</summary>
    public async ValueTask<bool> EnsureAsync(int count, CancellationToken cancellationToken)
    {
        if (Has(count)) return true;
        if (Remaining < count) return false;

        MakeRoom(count);
        int wanted = (int)Math.Min(buffer.Memory.Length - filled, Remaining - filled);
        filled += await source.ReadAtAsync(Position + filled, buffer.Memory.Slice(filled, wanted), cancellationToken).ConfigureAwait(false);
        return Has(count);
    }

    /// <summary>Passes over bytes that are in memory.</summary>
    public void Advance(int count)
    {
        start += count;
        Position += count;
    }

    /// <summary>Takes bytes out: what is in memory is copied, the rest read straight into <paramref name="target"/>.</summary>
    /// <returns>Bytes taken; fewer than asked for only at the end of the source.</returns>
    public async ValueTask<int> TakeAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        int held = Math.Min(filled - start, target.Length);
        buffer.Memory.Span.Slice(start, held).CopyTo(target.Span);
        Advance(held);
        if (held == target.Length) return held;
        int wanted = (int)Math.Min(target.Length - held, Remaining);
        int read = await source.ReadAtAsync(Position, target.Slice(held, wanted), cancellationToken).ConfigureAwait(false);
        start = filled = 0;
        Position += read;
        return held + read;
    }

    /// <summary>Goes on at another place.</summary>
    public void Seek(long target)
    {
        long ahead = target - Position;
        if (ahead >= 0 && Has(ahead))
        {
            Advance((int)ahead);
            return;
        }

        start = filled = 0;
        Position = target;
    }

    /// <summary>Gives back a buffer that a large record has made it take, unless much of it is still unread.</summary>
    public void ReleaseLarge()
    {
        int kept = filled - start;
        if (buffer.Memory.Length <= BlockBuffer.LargestKept || kept > LargestPooled) return;
        buffer.Grow(Math.Max(kept, readBytes), start, kept);
        start = 0;
        filled = kept;
    }

    public void Dispose()
    {
        buffer.Dispose();
        start = filled = 0;
    }

    internal static byte[] Rent(int size) =>
        size <= LargestPooled ? ArrayPool<byte>.Shared.Rent(size) : GC.AllocateUninitializedArray<byte>(size);

    internal static void Release(byte[] array)
    {
        if (array.Length is > 0 and <= LargestPooled) ArrayPool<byte>.Shared.Return(array);
    }

    private void MakeRoom(int count)
    {
        int kept = filled - start;
        if (count > buffer.Memory.Length) buffer.Grow((int)Math.Min(Math.Max(count, readBytes), Math.Max(Remaining, 1)), start, kept);
        else buffer.Memory.Span[start..filled].CopyTo(buffer.Memory.Span);
        start = 0;
        filled = kept;
    }
}
