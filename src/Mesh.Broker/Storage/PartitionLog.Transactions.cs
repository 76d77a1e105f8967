using Mesh.Broker.Protocol;

namespace Mesh.Broker.Storage;

/// <summary>Transactions as the log sees them.</summary>
internal sealed partial class PartitionLog
{
    /// <inheritdoc/>
    public long LastStableOffset => HighWatermark;

    /// <inheritdoc/>
    public int LeaderEpoch => 0;

    /// <inheritdoc/>
    public ValueTask<AppendResult> AppendMarkerAsync(long producerId, short producerEpoch, bool commit) => throw new NotSupportedException();

    /// <inheritdoc/>
    public IReadOnlyList<AbortedTransaction> AbortedBetween(long fromOffset, long toOffset) => [];

    /// <inheritdoc/>
    public ValueTask<ErrorCode> DeleteRecordsAsync(long beforeOffset) => throw new NotSupportedException();

    /// <inheritdoc/>
    public (int Epoch, long EndOffset) EndOffsetOf(int leaderEpoch) => (-1, -1);

    /// <inheritdoc/>
    public LogSettings Settings => Volatile.Read(ref settings);

    /// <inheritdoc/>
    public void Configure(LogSettings settings) => Volatile.Write(ref this.settings, settings with
    {
        IndexIntervalBytes = Settings.IndexIntervalBytes, LeaderEpoch = Settings.LeaderEpoch, Write = Settings.Write, Sync = Settings.Sync,
    });
}
