using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Tests.Transactions;

/// <summary>The end of a transaction in a partition.</summary>
internal readonly record struct Marker(long ProducerId, short Epoch, bool Commit);

/// <summary>A partition that only takes markers, and can be told to refuse them.</summary>
internal sealed class MarkerLog : IPartitionLog
{
    /// <summary>Markers in the order they came.</summary>
    public List<Marker> Markers { get; } = [];

    public bool DiskFull { get; set; }

    public ValueTask<AppendResult> AppendMarkerAsync(long producerId, short producerEpoch, bool commit)
    {
        lock (Markers)
        {
            if (DiskFull) return new(new AppendResult(ErrorCode.KafkaStorageError, -1));
            Markers.Add(new Marker(producerId, producerEpoch, commit));
            return new(new AppendResult(ErrorCode.None, Markers.Count));
        }
    }

    public long StartOffset => throw new NotSupportedException();

    public long HighWatermark => throw new NotSupportedException();

    public long LastStableOffset => throw new NotSupportedException();

    public int LeaderEpoch => throw new NotSupportedException();

    public long SizeBytes => throw new NotSupportedException();

    public TimedOffset? Latest => throw new NotSupportedException();

    public ValueTask<AppendResult> AppendAsync(Memory<byte> batch, RecordBatchHeader header) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<(long ProducerId, short Epoch)>> OpenTransactionsAsync() => throw new NotSupportedException();

    public IReadOnlyList<AbortedTransaction> AbortedBetween(long fromOffset, long toOffset) => throw new NotSupportedException();

    public ValueTask<ErrorCode> DeleteRecordsAsync(long beforeOffset) => throw new NotSupportedException();

    public (int Epoch, long EndOffset) EndOffsetOf(int leaderEpoch) => throw new NotSupportedException();

    public LogSettings Settings => throw new NotSupportedException();

    public void Configure(LogSettings settings) => throw new NotSupportedException();

    public long Available(long offset, long limit, long end) => throw new NotSupportedException();

    public int BatchBytesAt(long offset) => throw new NotSupportedException();

    public LogSlice Slice(long offset, int maxBytes, bool firstWhole, long end) => throw new NotSupportedException();

    public int Read(long offset, Span<byte> destination, long end) => throw new NotSupportedException();

    public TimedOffset? FindByTime(long timestampMs) => throw new NotSupportedException();

    public void AddWaiter(AppendWaiter waiter) => throw new NotSupportedException();

    public void RemoveWaiter(AppendWaiter waiter) => throw new NotSupportedException();

    public ValueTask CompactAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public IReadOnlyList<TimedOffset> SegmentOffsets => throw new NotSupportedException();

    public ValueTask ApplyRetentionAsync() => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
