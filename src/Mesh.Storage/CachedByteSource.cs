using Mesh.Model;

namespace Mesh.Storage;

/// <summary>
/// Keeps blocks of a far-away source, so that the small reads of an index do not each cost a round trip. Reads of a block and more go past
/// the cache.
/// </summary>
/// <param name="inner">The source; owned.</param>
/// <param name="blockBytes">Bytes fetched at a time (default: 1 MiB).</param>
/// <param name="maxBlocks">Blocks kept, least recently used first out (default: 16).</param>
public sealed class CachedByteSource(IByteSource inner, int blockBytes = 1 << 20, int maxBlocks = 16) : IByteSource
{
    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly LinkedList<(long Index, byte[] Bytes, int Length)> recent = [];

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
            var (bytes, length) = await BlockAsync((offset + total) / blockBytes, cancellationToken).ConfigureAwait(false);
            int start = (int)((offset + total) % blockBytes);
            if (start >= length) break;
            int count = Math.Min(length - start, buffer.Length - total);
            bytes.AsSpan(start, count).CopyTo(buffer.Span[total..]);
            total += count;
        }

        return total;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        gate.Dispose();
        await inner.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask<(byte[] Bytes, int Length)> BlockAsync(long index, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (var node = recent.First; node is not null; node = node.Next)
            {
                if (node.Value.Index != index) continue;
                recent.Remove(node);
                recent.AddFirst(node);
                return (node.Value.Bytes, node.Value.Length);
            }

            byte[] bytes = new byte[blockBytes];
            int length = await inner.ReadAtAsync(index * blockBytes, bytes, cancellationToken).ConfigureAwait(false);
            recent.AddFirst((index, bytes, length));
            if (recent.Count > maxBlocks) recent.RemoveLast();
            return (bytes, length);
        }
        finally
        {
            gate.Release();
        }
    }
}
