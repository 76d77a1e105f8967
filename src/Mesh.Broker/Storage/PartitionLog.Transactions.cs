using Mesh.Broker.Protocol;

namespace Mesh.Broker.Storage;

/// <summary>Transactions and leader epochs as the log sees them.</summary>
internal sealed partial class PartitionLog
{
    private int leaderEpoch;

    /// <inheritdoc/>
    public long LastStableOffset => producers.Transactions.StableBelow(HighWatermark);

    /// <inheritdoc/>
    public int LeaderEpoch => Volatile.Read(ref leaderEpoch);

    /// <inheritdoc/>
    public LogSettings Settings => Volatile.Read(ref settings);

    /// <inheritdoc/>
    public async ValueTask<AppendResult> AppendMarkerAsync(long producerId, short producerEpoch, bool commit)
    {
        byte[] batch = RecordBatchBuilder.Marker(producerId, producerEpoch, commit, Settings.NowMs);
        return await AppendAsync(batch, RecordBatchHeader.Read(batch), commit).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<(long ProducerId, short Epoch)>> OpenTransactionsAsync()
    {
        await writing.WaitAsync().ConfigureAwait(false);
        try
        {
            return producers.OpenTransactions();
        }
        finally
        {
            writing.Release();
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<AbortedTransaction> AbortedBetween(long fromOffset, long toOffset) => producers.Transactions.Between(fromOffset, toOffset);

    /// <inheritdoc/>
    public (int Epoch, long EndOffset) EndOffsetOf(int leaderEpoch) => epochs.EndOffsetOf(leaderEpoch, LeaderEpoch, HighWatermark);

    /// <inheritdoc/>
    public void Configure(LogSettings settings) => Volatile.Write(ref this.settings, settings with
    {
        IndexIntervalBytes = Settings.IndexIntervalBytes, LeaderEpoch = Settings.LeaderEpoch, Write = Settings.Write, Sync = Settings.Sync, Step = Settings.Step,
    });
}
