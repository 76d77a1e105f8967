namespace Mesh.Streaming.Graph;

/// <summary>
/// Back-pressure by bytes: a stage takes what it is about to hold and gives it back when the bytes have gone on. First come, first served,
/// so that a large item is not starved by small ones. Thread-safe.
/// </summary>
public sealed class ByteBudget
{
    private readonly Lock gate = new();
    private readonly LinkedList<Waiter> waiters = [];
    private long held;

    /// <param name="maxBytes">Bytes that may be held at a time.</param>
    public ByteBudget(long maxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        MaxBytes = maxBytes;
    }

    /// <summary>Bytes held now.</summary>
    public long HeldBytes => Interlocked.Read(ref held);

    /// <summary>The limit.</summary>
    public long MaxBytes { get; }

    /// <summary>Takes bytes, waiting until they are free. An amount above the whole budget passes alone.</summary>
    public ValueTask TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled(cancellationToken);
        if (TryTake(bytes)) return ValueTask.CompletedTask;

        var waiter = new Waiter(Counted(bytes));
        var node = new LinkedListNode<Waiter>(waiter);
        lock (gate)
        {
            waiters.AddLast(node);
            GrantWaiting();
        }

        return cancellationToken.CanBeCanceled ? new ValueTask(WaitAsync(node, cancellationToken)) : new ValueTask(waiter.Task);
    }

    /// <summary>Takes bytes if they are free now and nobody waits for them.</summary>
    public bool TryTake(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        long counted = Counted(bytes);
        lock (gate)
        {
            if (waiters.Count > 0 || counted > MaxBytes - held) return false;
            held += counted;
            return true;
        }
    }

    /// <summary>Gives bytes back: the amount of one earlier take.</summary>
    public void Release(long bytes)
    {
        lock (gate)
        {
            long counted = Counted(bytes);
            if (counted > held) throw new InvalidOperationException($"{bytes} bytes were given back but only {held} are held.");
            held -= counted;
            GrantWaiting();
        }
    }

    // An item larger than the whole budget counts as the whole budget, or it would wait for ever.
    private long Counted(long bytes) => Math.Min(bytes, MaxBytes);

    private async Task WaitAsync(LinkedListNode<Waiter> node, CancellationToken cancellationToken)
    {
        using (cancellationToken.UnsafeRegister(_ => Cancel(node, cancellationToken), null))
        {
            await node.Value.Task.ConfigureAwait(false);
        }
    }

    private void Cancel(LinkedListNode<Waiter> node, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            // Off the list means granted: the bytes are the caller's and the cancellation came too late.
            if (node.List is null) return;
            waiters.Remove(node);
            node.Value.TrySetCanceled(cancellationToken);
            GrantWaiting();
        }
    }

    private void GrantWaiting()
    {
        while (waiters.First is { } first && first.Value.Bytes <= MaxBytes - held)
        {
            held += first.Value.Bytes;
            waiters.RemoveFirst();
            first.Value.TrySetResult();
        }
    }

    private sealed class Waiter(long bytes) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public long Bytes { get; } = bytes;
    }
}
