using Mesh.Broker.Protocol;

namespace Mesh.Broker.Transactions;

/// <summary>Giving a producer its id and epoch, which fences whoever had the transactional id before.</summary>
internal sealed partial class TransactionCoordinator
{
    /// <param name="transactionalId">The producer's transactional id.</param>
    /// <param name="timeout">How long its transactions may take.</param>
    /// <param name="ownProducerId">The id it believes to have (KIP-360); -1 when it is new.</param>
    /// <param name="ownEpoch">The epoch it believes to have; -1 when it is new.</param>
    public async ValueTask<ProducerIdentity> InitAsync(string transactionalId, TimeSpan timeout, long ownProducerId, short ownEpoch)
    {
        if (transactionalId.Length == 0) return ProducerIdentity.Failed(ErrorCode.InvalidRequest);
        if (timeout <= TimeSpan.Zero || timeout > settings.MaxTimeout) return ProducerIdentity.Failed(ErrorCode.InvalidTransactionTimeout);
        while (true)
        {
            if (!transactions.TryGetValue(transactionalId, out var transaction))
            {
                if (transactions.Count >= TransactionSettings.MaxIds) return ProducerIdentity.Failed(ErrorCode.PolicyViolation);
                transaction = transactions.GetOrAdd(transactionalId, static _ => new Transaction());
            }

            await transaction.Changing.WaitAsync().ConfigureAwait(false);
            try
            {
                // Forgotten while we waited for it.
                if (transaction.Image?.State == TransactionState.Dead) continue;
                return await InitAsync(transaction, transactionalId, timeout, ownProducerId, ownEpoch).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                BrokerLog.AppendFailed(logger, "producer-ids", e.Message);
                return ProducerIdentity.Failed(ErrorCode.CoordinatorNotAvailable);
            }
            finally
            {
                transaction.Changing.Release();
            }
        }
    }

    private async ValueTask<ProducerIdentity> InitAsync(Transaction transaction, string transactionalId, TimeSpan timeout, long ownProducerId, short ownEpoch)
    {
        TransactionImage next;
        if (transaction.Image is { } image)
        {
            if (image.IsPrepared && !await CompleteAsync(transaction).ConfigureAwait(false)) return ProducerIdentity.Failed(ErrorCode.ConcurrentTransactions);
            image = transaction.Image!;
            bool isNew = ownProducerId < 0;
            bool isCurrent = ownProducerId == image.ProducerId && ownEpoch == image.Epoch;

            // A producer that asks again, because the answer to its wish for a new epoch got lost, is given the same answer.
            bool asksAgain = !isNew && ownEpoch == image.LastEpoch && (ownProducerId == image.ProducerId || ownProducerId == image.PreviousProducerId);
            if (!isNew && !isCurrent && !asksAgain) return ProducerIdentity.Failed(ErrorCode.ProducerFenced);
            if (image.State == TransactionState.Ongoing)
            {
                // It has begun a transaction since: what asks again is an old request on its way.
                if (!isNew && !isCurrent) return ProducerIdentity.Failed(ErrorCode.ProducerFenced);

                // The open transaction is aborted under an epoch nobody is ever given, so that its producer cannot finish it.
                if (!await EndAsync(transaction, TransactionState.PrepareAbort, (short)(image.Epoch + 1)).ConfigureAwait(false) || transaction.Image!.IsPrepared)
                {
                    return ProducerIdentity.Failed(ErrorCode.ConcurrentTransactions);
                }

                BrokerLog.TransactionFenced(logger, transactionalId);
                image = transaction.Image!;
            }
            else if (asksAgain && !isCurrent)
            {
                return new ProducerIdentity(ErrorCode.None, image.ProducerId, image.Epoch);
            }

            next = image.IsEpochExhausted
                ? image with { ProducerId = await producerIds.TakeAsync().ConfigureAwait(false), Epoch = 0, PreviousProducerId = image.ProducerId, LastEpoch = isNew ? (short)-1 : ownEpoch }
                : image with { Epoch = (short)(image.Epoch + 1), PreviousProducerId = -1, LastEpoch = isNew ? (short)-1 : ownEpoch };
        }
        else
        {
            next = new TransactionImage(transactionalId, await producerIds.TakeAsync().ConfigureAwait(false), 0, TransactionState.Empty);
        }

        next = next with { State = TransactionState.Empty, Timeout = timeout, StartedMs = -1, UpdatedMs = NowMs, Partitions = [], Groups = [] };
        transaction.Reopen();
        return await WriteAsync(transaction, next).ConfigureAwait(false)
            ? new ProducerIdentity(ErrorCode.None, next.ProducerId, next.Epoch)
            : ProducerIdentity.Failed(ErrorCode.CoordinatorNotAvailable);
    }
}
