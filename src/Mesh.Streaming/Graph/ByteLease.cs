namespace Mesh.Streaming.Graph;

/// <summary>
/// What one run of a graph holds of a <see cref="ByteBudget"/>. Disposed after the run has ended, whatever way, it gives the rest back, so
/// that items which a failure or cancellation left in queues do not starve the next run.
/// </summary>
public sealed class ByteLease(ByteBudget budget) : IDisposable
{
    private readonly Dictionary<object, long> takes = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<object, TaskCompletionSource> waits = new(ReferenceEqualityComparer.Instance);

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
        TaskCompletionSource? wait;
        lock (takes)
        {
            if (!takes.Remove(item, out bytes)) return;
            waits.Remove(item, out wait);
        }

        budget.Release(bytes);
        wait?.TrySetResult();
    }

    /// <summary>Waits until the bytes of an item have been given back. For items so large that nothing else of the run may be held beside them.</summary>
    public async ValueTask ReleasedAsync(object item, CancellationToken cancellationToken)
    {
        Task released;
        lock (takes)
        {
            if (!takes.ContainsKey(item)) return;
            if (!waits.TryGetValue(item, out var wait)) waits.Add(item, wait = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            released = wait.Task;
        }

        await released.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        long[] rest;
        TaskCompletionSource[] waiting;
        lock (takes)
        {
            rest = [.. takes.Values];
            waiting = [.. waits.Values];
            takes.Clear();
            waits.Clear();
        }

        foreach (long bytes in rest) budget.Release(bytes);
        foreach (var wait in waiting) wait.TrySetResult();
    }
}
