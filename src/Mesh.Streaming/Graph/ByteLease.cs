namespace Mesh.Streaming.Graph;

/// <summary>
/// What one run of a graph holds of a <see cref="ByteBudget"/>. Disposed after the run has ended, whatever way, it gives the rest back, so
/// that items which a failure or cancellation left in queues do not starve the next run.
/// </summary>
public sealed class ByteLease(ByteBudget budget) : IDisposable
{
    private readonly Dictionary<object, long> takes = new(ReferenceEqualityComparer.Instance);

    /// <summary>Bytes held by this run.</summary>
    public long HeldBytes
    {
        get
        {
            lock (takes) return takes.Values.Sum();
        }
    }

    /// <summary>Takes the bytes of an item, waiting until they are free.</summary>
    public async ValueTask TakeAsync(object item, long bytes, CancellationToken cancellationToken)
    {
        await budget.TakeAsync(bytes, cancellationToken).ConfigureAwait(false);
        lock (takes) takes.Add(item, bytes);
    }

    /// <summary>Gives the bytes of an item back; nothing happens for an item that took none.</summary>
    public void Release(object item)
    {
        long bytes;
        lock (takes)
        {
            if (!takes.Remove(item, out bytes)) return;
        }

        budget.Release(bytes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        long[] rest;
        lock (takes)
        {
            rest = [.. takes.Values];
            takes.Clear();
        }

        foreach (long bytes in rest) budget.Release(bytes);
    }
}
