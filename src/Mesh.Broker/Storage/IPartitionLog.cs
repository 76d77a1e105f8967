using Mesh.Broker.Protocol;

namespace Mesh.Broker.Storage;

/// <summary>What an append came to.</summary>
/// <param name="Error">None when the batch is in the log, now or since an earlier attempt.</param>
/// <param name="BaseOffset">Offset of its first record; -1 on an error.</param>
/// <param name="LogAppendTimeMs">Time its records carry when the topic sets it; -1 when the producer's time stands.</param>
internal readonly record struct AppendResult(ErrorCode Error, long BaseOffset, long LogAppendTimeMs = -1);

/// <summary>A transaction whose records a reader of committed records must leave out: those of the producer from the offset to its abort marker.</summary>
internal readonly record struct AbortedTransaction(long ProducerId, long FirstOffset);

/// <summary>A place in the log by time.</summary>
internal readonly record struct TimedOffset(long Offset, long TimestampMs);

/// <summary>The log of one partition: batches in offset order, appended at the end, read from anywhere.</summary>
internal interface IPartitionLog : IAsyncDisposable
{
    /// <summary>Offset of the first record still kept.</summary>
    long StartOffset { get; }

    /// <summary>Offset the next visible record will get; what lies below survives what the flush policy promises.</summary>
    long HighWatermark { get; }

    /// <summary>First offset of the oldest transaction still open, or the high watermark: a reader of committed records sees nothing from here on.</summary>
    long LastStableOffset { get; }

    /// <summary>Leader epoch that new batches carry; it grows by one each time the log is opened.</summary>
    int LeaderEpoch { get; }

    /// <summary>Bytes of all batches.</summary>
    long SizeBytes { get; }

    /// <summary>
    /// Appends a validated batch; its base offset and leader epoch are rewritten in place. A repeated batch of an idempotent producer is
    /// answered with the offset it has already.
    /// </summary>
    ValueTask<AppendResult> AppendAsync(Memory<byte> batch, RecordBatchHeader header);

    /// <summary>Ends a producer's transaction in this partition with a control batch (KIP-98); does nothing when it has none open.</summary>
    ValueTask<AppendResult> AppendMarkerAsync(long producerId, short producerEpoch, bool commit);

    /// <summary>Producers with a transaction open in this partition, and the epoch that may end it.</summary>
    ValueTask<IReadOnlyList<(long ProducerId, short Epoch)>> OpenTransactionsAsync();

    /// <summary>Aborted transactions with records between two offsets (the second exclusive), in order of their first offset.</summary>
    IReadOnlyList<AbortedTransaction> AbortedBetween(long fromOffset, long toOffset);

    /// <summary>Drops what lies before an offset (-1: everything below the high watermark).</summary>
    ValueTask<ErrorCode> DeleteRecordsAsync(long beforeOffset);

    /// <summary>The largest epoch not above the one asked for, and the offset where the next epoch begins (KIP-101); (-1, -1) when it is unknown.</summary>
    (int Epoch, long EndOffset) EndOffsetOf(int leaderEpoch);

    /// <summary>Settings in force.</summary>
    LogSettings Settings { get; }

    /// <summary>Changes the settings of a log in use.</summary>
    void Configure(LogSettings settings);

    /// <summary>Bytes that a read from <paramref name="offset"/> could return, at most <paramref name="limit"/>.</summary>
    /// <param name="offset">Where the read begins.</param>
    /// <param name="limit">Most bytes of interest.</param>
    /// <param name="end">Offset it does not go beyond, nor beyond the high watermark.</param>
    long Available(long offset, long limit, long end = long.MaxValue);

    /// <summary>Whole batches from the one that holds <paramref name="offset"/> on, as a region of a file that the caller releases; empty when there is none.</summary>
    /// <param name="offset">Where it begins.</param>
    /// <param name="maxBytes">Most bytes.</param>
    /// <param name="firstWhole">Whether the first batch counts even when it is larger.</param>
    /// <param name="end">Offset it does not go beyond, nor beyond the high watermark.</param>
    LogSlice Slice(long offset, int maxBytes, bool firstWhole, long end = long.MaxValue);

    /// <summary>Bytes of the batch that holds <paramref name="offset"/>; 0 at the end.</summary>
    int BatchBytesAt(long offset);

    /// <summary>Fills <paramref name="destination"/> with whole batches, the first being the one that holds <paramref name="offset"/>.</summary>
    /// <param name="offset">Where the read begins.</param>
    /// <param name="destination">Takes the batches.</param>
    /// <param name="end">Offset it does not go beyond, nor beyond the high watermark.</param>
    /// <returns>Bytes written; 0 when the first batch does not fit or there is none.</returns>
    int Read(long offset, Span<byte> destination, long end = long.MaxValue);

    /// <summary>The first record at or after a time; of a batch that does not decompress its first record. Null when there is none.</summary>
    TimedOffset? FindByTime(long timestampMs);

    /// <summary>The batch with the largest timestamp; null when the log is empty.</summary>
    TimedOffset? Latest { get; }

    /// <summary>Has <paramref name="waiter"/> signalled on every append until it is removed.</summary>
    void AddWaiter(AppendWaiter waiter);

    void RemoveWaiter(AppendWaiter waiter);

    /// <summary>First offset and largest timestamp of each segment, from the oldest on.</summary>
    IReadOnlyList<TimedOffset> SegmentOffsets { get; }

    /// <summary>Drops what the retention settings no longer keep, closes segments that are old enough and forgets silent producers.</summary>
    ValueTask ApplyRetentionAsync();

    /// <summary>Keeps only the last record of each key, when the topic is compacted and enough has changed.</summary>
    ValueTask CompactAsync(CancellationToken cancellationToken);
}
