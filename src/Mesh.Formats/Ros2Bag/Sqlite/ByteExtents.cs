using System.Diagnostics.CodeAnalysis;
using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.Ros2Bag.Sqlite;

/// <summary>
/// Pieces of a byte source held in memory, the least recently used given up first. A piece grows while reading goes forward and the one
/// after it is then read ahead, so that a scan asks for few large ranges and a jump for a small one.
/// </summary>
internal sealed class ByteExtents(IByteSource source) : IAsyncDisposable
{
    private const int SmallestBytes = 64 << 10;
    private const int LargestBytes = 2 << 20;
    private const int MaxExtents = 8;

    private readonly List<Extent> extents = [];
    private Extent? current;
    private Task<Extent>? ahead;
    private long aheadStart;
    private long aheadEnd;
    private long clock;

    /// <summary>Length of the source.</summary>
    public long Length => source.Length;

    /// <summary>Bytes of the source read so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Bytes that are in memory; valid until the next <see cref="LoadAsync"/>.</summary>
    public bool TryGet(long offset, int count, out ReadOnlySpan<byte> bytes)
    {
        if (current is not null && current.TryGet(offset, count, out bytes)) return true;
        foreach (var extent in extents)
        {
            if (!extent.TryGet(offset, count, out bytes)) continue;
            current = extent;
            extent.Used = ++clock;
            return true;
        }

        bytes = default;
        return false;
    }

    /// <summary>Brings bytes into memory; they must be within the source.</summary>
    /// <returns>False when the source gave fewer than it promised.</returns>
    public async ValueTask<bool> LoadAsync(long offset, int count, CancellationToken cancellationToken)
    {
        if (TryGet(offset, count, out _)) return true;
        var extent = ahead is not null && offset >= aheadStart && offset + count <= aheadEnd ? await TakeAheadAsync().ConfigureAwait(false) : null;
        extent ??= await ReadAsync(offset, SizeFor(offset, count), cancellationToken).ConfigureAwait(false);
        Keep(extent);

        // Only a scan that has reached the full size reads ahead: a reader that skips would ask for what nobody wants.
        long next = extent.Start + extent.Length;
        if (extent.Length == LargestBytes && ahead is null && next < source.Length)
        {
            aheadStart = next;
            aheadEnd = Math.Min(next + LargestBytes, source.Length);
            ahead = ReadAsync(aheadStart, (int)(aheadEnd - aheadStart), cancellationToken);
        }

        return TryGet(offset, count, out _);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (ahead is not null)
        {
            await ((Task)ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ahead.IsCompletedSuccessfully) SourceWindow.Release((await ahead.ConfigureAwait(false)).Buffer);
            ahead = null;
        }

        foreach (var extent in extents) SourceWindow.Release(extent.Buffer);
        extents.Clear();
        current = null;
    }

    /// <summary>What was read ahead; null when that failed, for example because the call that began it was cancelled: then it is read again.</summary>
    private async ValueTask<Extent?> TakeAheadAsync()
    {
        var task = ahead!;
        ahead = null;
        await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.IsCompletedSuccessfully ? await task.ConfigureAwait(false) : null;
    }

    private int SizeFor(long offset, int count)
    {
        long size = SmallestBytes;
        foreach (var extent in extents)
        {
            long gap = offset - (extent.Start + extent.Length);
            if (gap is >= 0 and < SmallestBytes) size = Math.Max(size, Math.Min(extent.Length * 2L, LargestBytes));
        }

        return (int)Math.Min(Math.Max(size, count), source.Length - offset);
    }

    private async Task<Extent> ReadAsync(long offset, int size, CancellationToken cancellationToken)
    {
        byte[] buffer = SourceWindow.Rent(size);
        try
        {
            int read = await source.ReadAtAsync(offset, buffer.AsMemory(0, size), cancellationToken).ConfigureAwait(false);
            BytesRead += read;
            return new Extent(offset, read, buffer);
        }
        catch
        {
            SourceWindow.Release(buffer);
            throw;
        }
    }

    private void Keep(Extent extent)
    {
        if (extents.Count == MaxExtents)
        {
            var oldest = extents[0];
            foreach (var candidate in extents)
            {
                if (candidate.Used < oldest.Used) oldest = candidate;
            }

            extents.Remove(oldest);
            SourceWindow.Release(oldest.Buffer);
        }

        extent.Used = ++clock;
        extents.Add(extent);
        current = extent;
    }

    [SuppressMessage("Performance", "CA1812", Justification = "Created in ReadAsync.")]
    private sealed class Extent(long start, int length, byte[] buffer)
    {
        public long Start => start;

        public int Length => length;

        public byte[] Buffer => buffer;

        public long Used { get; set; }

        public bool TryGet(long offset, int count, out ReadOnlySpan<byte> bytes)
        {
            long at = offset - start;
            if (at < 0 || at + count > length)
            {
                bytes = default;
                return false;
            }

            bytes = buffer.AsSpan((int)at, count);
            return true;
        }
    }
}
