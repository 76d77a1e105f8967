namespace Mesh.Commands.Ingest;

/// <summary>
/// Lets one upload at a time hold what is much larger than its share: a message of a hundred megabytes counts once in the memory of the process, not
/// once per upload. Whoever holds the place waits for nobody who waits for it: batches go on to their files while their upload waits here. Thread-safe.
/// </summary>
/// <param name="leastBytes">Size from which something counts as large, in bytes.</param>
internal sealed class LargeBlocks(long leastBytes) : IDisposable
{
    /// <summary>Garbage in large arrays that is worth a collection: it costs some 20 ms, making this much takes ten times as long.</summary>
    private const long CollectedBytes = 64L << 20;

    private readonly SemaphoreSlim place = new(1);
    private long garbageBytes;

    /// <summary>Whether something counts as large.</summary>
    public bool IsLarge(long bytes) => bytes >= leastBytes;

    /// <summary>Waits for the place when the block is large.</summary>
    /// <returns>Disposing it gives the place back.</returns>
    public async ValueTask<IDisposable> EnterAsync(long bytes, CancellationToken cancellationToken)
    {
        if (!IsLarge(bytes)) return new Permit(null);
        await place.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Permit(place);
    }

    /// <summary>
    /// Says that large arrays are garbage now. The runtime would collect them when as much again has been allocated, which for arrays of a hundred
    /// megabytes doubles and trebles the memory of the process.
    /// </summary>
    public void Discarded(long bytes)
    {
        if (Interlocked.Add(ref garbageBytes, bytes) < CollectedBytes) return;
        Interlocked.Exchange(ref garbageBytes, 0);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: false);
    }

    /// <inheritdoc/>
    public void Dispose() => place.Dispose();

    private sealed class Permit(SemaphoreSlim? place) : IDisposable
    {
        private SemaphoreSlim? held = place;

        public void Dispose() => Interlocked.Exchange(ref held, null)?.Release();
    }
}
