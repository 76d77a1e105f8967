using Mesh.Broker.Protocol;

namespace Mesh.Broker.Transactions;

/// <summary>
/// One transactional id while the broker runs. Its state changes one step at a time, under <see cref="Changing"/>. What is written within
/// the transaction is admitted first, and its end waits for everything admitted: nothing of it can land behind its marker (KIP-890).
/// </summary>
internal sealed class Transaction
{
    private readonly Lock gate = new();
    private TransactionImage? image;
    private int admitted;
    private TaskCompletionSource? drained;

    /// <summary>Held by whoever changes the state.</summary>
    public SemaphoreSlim Changing { get; } = new(1, 1);

    /// <summary>The state as it is in the file; null until the first was written.</summary>
    public TransactionImage? Image
    {
        get => Volatile.Read(ref image);
        set => Volatile.Write(ref image, value);
    }

    /// <summary>Admits a write into a partition; <see cref="Leave"/> must follow when it is done.</summary>
    public ErrorCode Enter(long producerId, short epoch, TopicPartition partition) =>
        Enter(producerId, epoch, static (image, partition) => image.Partitions.Contains(partition), partition);

    /// <summary>Admits offsets of a group; <see cref="Leave"/> must follow when they are written.</summary>
    public ErrorCode Enter(long producerId, short epoch, string group) =>
        Enter(producerId, epoch, static (image, group) => image.Groups.Contains(group), group);

    public void Leave()
    {
        lock (gate)
        {
            if (--admitted == 0) drained?.TrySetResult();
        }
    }

    /// <summary>Admits nothing more and waits for what was admitted.</summary>
    public Task CloseAsync()
    {
        lock (gate)
        {
            drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (admitted == 0) drained.SetResult();
            return drained.Task;
        }
    }

    /// <summary>Lets writes in again, for the next transaction or because this one could not be ended.</summary>
    public void Reopen()
    {
        lock (gate) drained = null;
    }

    private ErrorCode Enter<T>(long producerId, short epoch, Func<TransactionImage, T, bool> contains, T part)
    {
        lock (gate)
        {
            if (Image is not { } current || current.ProducerId != producerId || current.State == TransactionState.Dead) return ErrorCode.InvalidProducerIdMapping;
            if (current.Epoch != epoch) return ErrorCode.InvalidProducerEpoch;
            if (drained is not null || current.State != TransactionState.Ongoing || !contains(current, part)) return ErrorCode.InvalidTxnState;
            admitted++;
            return ErrorCode.None;
        }
    }
}
