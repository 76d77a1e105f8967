namespace Mesh.Formats.Blocks;

/// <summary>
/// Reads blocks in order, works on them on several threads (decompression), and hands them out in the order they were read. What is in
/// flight stays within a byte budget; a block larger than the budget passes alone. Driven by its consumer: nothing runs ahead of
/// <see cref="NextAsync"/> but the work on blocks already read.
/// </summary>
/// <typeparam name="TBlock">A block that carries its own input and result; pooled memory goes back through <paramref name="discard"/>.</typeparam>
/// <param name="read">Reads the next block's raw bytes; null at the end. Never called concurrently.</param>
/// <param name="work">Does the expensive part. Must report bad data in the block, not throw.</param>
/// <param name="cost">Bytes that a block holds until it is handed out, result included.</param>
/// <param name="discard">Takes back the memory of a block that was never handed out.</param>
/// <param name="parallelism">Blocks worked on at a time; 1 works on the consumer's thread.</param>
/// <param name="maxBytes">The budget.</param>
internal sealed class BlockPipeline<TBlock>(
    Func<CancellationToken, ValueTask<TBlock?>> read, Action<TBlock> work, Func<TBlock, long> cost, Action<TBlock> discard, int parallelism, long maxBytes)
    : IAsyncDisposable
    where TBlock : class
{
    private readonly Queue<(TBlock Block, Task Work, long Bytes)> ahead = [];
    private TBlock? held;
    private long bytes;
    private bool ended;

    /// <summary>The next block, worked on; null at the end. It belongs to the caller.</summary>
    public async ValueTask<TBlock?> NextAsync(CancellationToken cancellationToken)
    {
        if (parallelism <= 1)
        {
            var next = await read(cancellationToken).ConfigureAwait(false);
            if (next is not null) work(next);
            return next;
        }

        while (!ended && ahead.Count <= parallelism)
        {
            held ??= await read(cancellationToken).ConfigureAwait(false);
            if (held is null)
            {
                ended = true;
                break;
            }

            long needed = cost(held);
            if (ahead.Count > 0 && bytes + needed > maxBytes) break;
            var block = held;
            held = null;
            bytes += needed;

            // CPU-bound work; the pool's threads are what it is for.
            ahead.Enqueue((block, Task.Run(() => work(block), CancellationToken.None), needed));
        }

        if (ahead.Count == 0) return null;
        var (first, done, size) = ahead.Peek();
        await done.WaitAsync(cancellationToken).ConfigureAwait(false);
        ahead.Dequeue();
        bytes -= size;
        return first;
    }

    /// <summary>Waits for the work under way and discards what was not handed out.</summary>
    public async ValueTask DisposeAsync()
    {
        if (held is not null) discard(held);
        held = null;
        ended = true;
        while (ahead.TryDequeue(out var entry))
        {
            await entry.Work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            discard(entry.Block);
        }
    }
}
