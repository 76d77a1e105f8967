using Mesh.Model;

namespace Mesh.Storage;

/// <summary>
/// Keeps blocks of a far-away source, so that the small reads of an index do not each cost a round trip. Whoever reads block after block
/// finds the next ones fetched already. Reads of a block and more go past the cache.
/// </summary>
public sealed class CachedByteSource : IByteSource
{
    private readonly IByteSource inner;
    private readonly int blockBytes;
    private readonly int maxBlocks;
    private readonly int readAheadBlocks;
    private readonly Lock gate = new();
    private readonly CancellationTokenSource closing = new();
    private readonly LinkedList<Block> recent = [];
    private long lastIndex = -2;
    private int isClosed;

    /// <param name="inner">The source; owned.</param>
    /// <param name="blockBytes">Bytes fetched at a time (default: 1 MiB).</param>
    /// <param name="maxBlocks">Blocks kept, least recently used first out (default: 16).</param>
    /// <param name="readAheadBlocks">Blocks fetched ahead of a reader that goes forward (default: 4).</param>
    public CachedByteSource(IByteSource inner, int blockBytes = 1 << 20, int maxBlocks = 16, int readAheadBlocks = 4)
    {
        this.inner = inner;
        this.blockBytes = blockBytes;
        this.maxBlocks = maxBlocks;
        this.readAheadBlocks = Math.Min(readAheadBlocks, maxBlocks - 1);
    }

    /// <inheritdoc/>
    public long Length => inner.Length;

    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public async ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (buffer.Length >= blockBytes) return await inner.ReadAtAsync(offset, buffer, cancellationToken).ConfigureAwait(false);
        int total = 0;
        while (total < buffer.Length && offset + total < Length)
        {
            byte[] bytes = await BlockAsync((offset + total) / blockBytes, cancellationToken).ConfigureAwait(false);
            int start = (int)((offset + total) % blockBytes);
            if (start >= bytes.Length) break;
            int count = Math.Min(bytes.Length - start, buffer.Length - total);
            bytes.AsSpan(start, count).CopyTo(buffer.Span[total..]);
            total += count;
        }

        return total;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // Whoever opened it and a reader that took it over may both close it.
        if (Interlocked.Exchange(ref isClosed, 1) != 0) return;
        await closing.CancelAsync().ConfigureAwait(false);
        Task[] fetching;
        lock (gate) fetching = [.. recent.Select(block => block.Bytes)];
        await Task.WhenAll(fetching).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        closing.Dispose();
        await inner.DisposeAsync().ConfigureAwait(false);
    }

    // The fetch is the source's, not the reader's: one reader that gives up takes nothing from another that waits for the same block.
    private Task<byte[]> BlockAsync(long index, CancellationToken cancellationToken)
    {
        Task<byte[]> bytes;
        lock (gate)
        {
            bytes = Fetch(index);
            bool goesForward = index == lastIndex + 1;
            lastIndex = index;
            if (goesForward)
            {
                for (long next = index + 1; next <= index + readAheadBlocks && next * blockBytes < Length; next++) Fetch(next);
            }
        }

        return bytes.WaitAsync(cancellationToken);
    }

    private Task<byte[]> Fetch(long index)
    {
        for (var node = recent.First; node is not null; node = node.Next)
        {
            if (node.Value.Index != index) continue;
            recent.Remove(node);
            if (node.Value.Bytes.IsFaulted || node.Value.Bytes.IsCanceled) break;
            recent.AddFirst(node);
            return node.Value.Bytes;
        }

        var bytes = ReadAsync(index);
        recent.AddFirst(new Block(index, bytes));
        if (recent.Count > maxBlocks) recent.RemoveLast();
        return bytes;
    }

    private async Task<byte[]> ReadAsync(long index)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>((int)Math.Min(blockBytes, Length - index * blockBytes));
        int read = await inner.ReadAtAsync(index * blockBytes, bytes, closing.Token).ConfigureAwait(false);
        return read == bytes.Length ? bytes : bytes[..read];
    }

    private sealed record Block(long Index, Task<byte[]> Bytes);
}
