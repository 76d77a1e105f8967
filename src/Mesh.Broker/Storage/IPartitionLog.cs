using Mesh.Broker.Protocol;

namespace Mesh.Broker.Storage;

/// <summary>What an append came to.</summary>
/// <param name="Error">None when the batch is in the log, now or since an earlier attempt.</param>
/// <param name="BaseOffset">Offset of its first record; -1 on an error.</param>
internal readonly record struct AppendResult(ErrorCode Error, long BaseOffset);

/// <summary>A place in the log by time.</summary>
internal readonly record struct TimedOffset(long Offset, long TimestampMs);

/// <summary>The log of one partition: batches in offset order, appended at the end, read from anywhere.</summary>
internal interface IPartitionLog : IAsyncDisposable
{
    /// <summary>Offset of the first record still kept.</summary>
    long StartOffset { get; }

    /// <summary>Offset the next visible record will get; what lies below survives what the flush policy promises.</summary>
    long HighWatermark { get; }

    /// <summary>Bytes of all batches.</summary>
    long SizeBytes { get; }

    /// <summary>
    /// Appends a validated batch; its base offset and leader epoch are rewritten in place. A repeated batch of an idempotent producer is
    /// answered with the offset it has already.
    /// </summary>
    ValueTask<AppendResult> AppendAsync(Memory<byte> batch, RecordBatchHeader header);

    /// <summary>Bytes that a read from <paramref name="offset"/> could return, at most <paramref name="limit"/>.</summary>
    ValueTask<long> AvailableAsync(long offset, long limit);

    /// <summary>Bytes of the batch that holds <paramref name="offset"/>; 0 at the end.</summary>
    ValueTask<int> BatchBytesAtAsync(long offset);

    /// <summary>Fills <paramref name="destination"/> with whole batches, the first being the one that holds <paramref name="offset"/>.</summary>
    /// <returns>Bytes written; 0 when the first batch does not fit or there is none.</returns>
    ValueTask<int> ReadAsync(long offset, Memory<byte> destination);

    /// <summary>The first record at or after a time; of a compressed batch its first record. Null when there is none.</summary>
    ValueTask<TimedOffset?> FindByTimeAsync(long timestampMs);

    /// <summary>The record with the largest timestamp; null when the log is empty.</summary>
    TimedOffset? Latest { get; }

    /// <summary>Has <paramref name="waiter"/> signalled on every append until it is removed.</summary>
    void AddWaiter(AppendWaiter waiter);

    void RemoveWaiter(AppendWaiter waiter);

    /// <summary>Drops closed segments that the retention settings no longer keep.</summary>
    ValueTask ApplyRetentionAsync();
}
