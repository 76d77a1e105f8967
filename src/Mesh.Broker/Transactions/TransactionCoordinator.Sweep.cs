namespace Mesh.Broker.Transactions;

/// <summary>What happens to transactions by time alone.</summary>
internal sealed partial class TransactionCoordinator
{
    /// <summary>Aborts transactions that took too long, carries out what could not be before, and forgets ids nobody uses.</summary>
    public async ValueTask SweepAsync()
    {
        foreach (var (id, transaction) in transactions)
        {
            if (transaction.Image is not { } image || !IsDue(image)) continue;
            await transaction.Changing.WaitAsync().ConfigureAwait(false);
            try
            {
                image = transaction.Image!;
                if (!IsDue(image)) continue;
                if (image.IsPrepared)
                {
                    await CompleteAsync(transaction).ConfigureAwait(false);
                }
                else if (image.State == TransactionState.Ongoing)
                {
                    // The epoch is raised with it, so that the producer that was too slow learns of it.
                    BrokerLog.TransactionTimedOut(logger, id, image.Timeout.TotalMilliseconds);
                    await EndAsync(transaction, TransactionState.PrepareAbort, (short)(image.Epoch + 1)).ConfigureAwait(false);
                }
                else
                {
                    await WriteAsync(transaction, image with { State = TransactionState.Dead }).ConfigureAwait(false);
                    if (transaction.Image!.State == TransactionState.Dead) transactions.TryRemove(id, out _);
                }
            }
            finally
            {
                transaction.Changing.Release();
            }
        }
    }

    private bool IsDue(TransactionImage image) => image.State switch
    {
        TransactionState.PrepareCommit or TransactionState.PrepareAbort => true,
        TransactionState.Ongoing => NowMs - image.StartedMs > image.Timeout.TotalMilliseconds,
        TransactionState.Dead => false,
        _ => NowMs - image.UpdatedMs > settings.IdExpiration.TotalMilliseconds,
    };

    private async Task SweepOnAndOnAsync()
    {
        using var timer = new PeriodicTimer(TransactionSettings.SweepInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token).ConfigureAwait(false))
            {
                try
                {
                    await SweepAsync().ConfigureAwait(false);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    BrokerLog.SweepFailed(logger, e);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The broker stops.
        }
    }
}
