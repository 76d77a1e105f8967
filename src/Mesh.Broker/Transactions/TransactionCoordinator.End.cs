using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Transactions;

/// <summary>Ending transactions: decided by one durable entry, then carried out in every partition and group.</summary>
internal sealed partial class TransactionCoordinator
{
    /// <summary>Commits or aborts the producer's transaction. Once the answer is None that is decided for good.</summary>
    public async ValueTask<ErrorCode> EndAsync(string transactionalId, long producerId, short epoch, bool commit)
    {
        if (transactionalId.Length == 0) return ErrorCode.InvalidRequest;
        if (!transactions.TryGetValue(transactionalId, out var transaction)) return ErrorCode.InvalidProducerIdMapping;
        await transaction.Changing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (Check(transaction.Image, producerId, epoch) is not ErrorCode.None and var error) return error;
            var prepare = commit ? TransactionState.PrepareCommit : TransactionState.PrepareAbort;
            var complete = commit ? TransactionState.CompleteCommit : TransactionState.CompleteAbort;
            var state = transaction.Image!.State;
            if (state == TransactionState.Ongoing) return await EndAsync(transaction, prepare, epoch).ConfigureAwait(false) ? ErrorCode.None : ErrorCode.CoordinatorNotAvailable;
            if (state == prepare) return await CompleteAsync(transaction).ConfigureAwait(false) ? ErrorCode.None : ErrorCode.ConcurrentTransactions;

            // The answer to the first request got lost.
            return state == complete ? ErrorCode.None : ErrorCode.InvalidTxnState;
        }
        finally
        {
            transaction.Changing.Release();
        }
    }

    /// <summary>Decides how the transaction ends and carries it out.</summary>
    /// <returns>Whether it is decided; what could not be carried out is done later.</returns>
    private async ValueTask<bool> EndAsync(Transaction transaction, TransactionState prepare, short epoch)
    {
        await transaction.CloseAsync().ConfigureAwait(false);
        var image = transaction.Image!;
        bool decided = await WriteAsync(transaction, image with { State = prepare, Epoch = epoch, LastEpoch = -1, UpdatedMs = NowMs }).ConfigureAwait(false);
        if (!decided)
        {
            if (!transaction.Image!.IsPrepared) transaction.Reopen();
            return false;
        }

        await CompleteAsync(transaction).ConfigureAwait(false);
        return true;
    }

    /// <summary>Carries out what is decided. Each step may be repeated: a marker is only written where the transaction is still open.</summary>
    /// <returns>False when a part of it must be tried again.</returns>
    private async ValueTask<bool> CompleteAsync(Transaction transaction)
    {
        var image = transaction.Image!;
        bool commit = image.State == TransactionState.PrepareCommit;

        // A decision that could not be synchronised must not become visible before it is.
        if (!await log.FlushAsync().ConfigureAwait(false)) return false;
        var markers = image.Partitions.Select(partition => partitions(partition)?.AppendMarkerAsync(image.ProducerId, image.Epoch, commit).AsTask()).OfType<Task<AppendResult>>().ToList();
        bool written = true;
        foreach (var result in await Task.WhenAll(markers).ConfigureAwait(false)) written &= result.Error == ErrorCode.None;
        if (!written || !await offsets.EndAsync(image.ProducerId, commit).ConfigureAwait(false))
        {
            BrokerLog.TransactionUnfinished(logger, image.Id);
            return false;
        }

        // Should this entry get lost, everything above is done once more and changes nothing. The next transaction's first entry is
        // synchronised after it.
        var complete = image with { State = commit ? TransactionState.CompleteCommit : TransactionState.CompleteAbort, UpdatedMs = NowMs, Partitions = [], Groups = [] };
        if (!await WriteAsync(transaction, complete, synchronise: false).ConfigureAwait(false)) return false;
        transaction.Reopen();
        return true;
    }

    /// <summary>
    /// Aborts what is open in a partition and belongs to no ongoing transaction, since it would hold up readers of committed records for
    /// ever. That is left by a machine that died before it had written the log of transactions to the disk, or by a log that was lost.
    /// </summary>
    public async ValueTask AbortUnknownAsync(TopicPartition partition, IPartitionLog partitionLog)
    {
        foreach (var (producerId, epoch) in await partitionLog.OpenTransactionsAsync().ConfigureAwait(false))
        {
            if (Unfinished(producerId)?.Partitions.Contains(partition) == true) continue;
            BrokerLog.UnknownTransactionAborted(logger, producerId, partition.Topic, partition.Partition);
            await partitionLog.AppendMarkerAsync(producerId, epoch, commit: false).ConfigureAwait(false);
        }
    }

    /// <summary>Drops offsets that wait for a transaction that does not go on, as <see cref="AbortUnknownAsync"/> does with records.</summary>
    private async ValueTask DropUnknownOffsetsAsync()
    {
        foreach (long producerId in offsets.PendingProducers)
        {
            if (Unfinished(producerId) is null) await offsets.EndAsync(producerId, commit: false).ConfigureAwait(false);
        }
    }

    private TransactionImage? Unfinished(long producerId) =>
        byProducer.TryGetValue(producerId, out var transaction) && transaction.Image is { } image && (image.IsPrepared || image.State == TransactionState.Ongoing) ? image : null;
}
