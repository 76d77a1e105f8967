using System.Runtime.CompilerServices;
using Mesh.Broker.Protocol;
using Microsoft.Extensions.Logging;

namespace Mesh.Broker.Storage;

/// <summary>
/// A partition's log in segment files of one folder. One writer at a time; readers never wait for it, since bytes below the high
/// watermark do not change.
/// </summary>
internal sealed partial class PartitionLog : IPartitionLog
{
    private const string SnapshotName = "producers.snapshot";
    private const string EpochsName = "leader-epochs";

    private readonly string folder;
    private LogSettings settings;
    private readonly ILogger logger;
    private readonly SemaphoreSlim writing = new(1, 1);
    private ProducerStates producers = new();
    private readonly LeaderEpochs epochs;
    private readonly Lock waitersLock = new();
    private readonly HashSet<AppendWaiter> waiters = [];

    // Replaced as a whole, so that readers take a consistent list without a lock; never empty.
    private LogSegment[] segments;
    private long highWatermark;
    private volatile bool failed;
    private volatile bool disposed;

    private PartitionLog(string folder, LogSettings settings, ILogger logger, LogSegment[] segments)
    {
        this.folder = folder;
        this.settings = settings;
        this.logger = logger;
        this.segments = segments;
        highWatermark = flushedOffset = Active.NextOffset;
        epochs = LeaderEpochs.Open(Path.Combine(folder, EpochsName));
        deletedBelow = ReadOffset(Path.Combine(folder, StartName));
        cleanedBelow = ReadOffset(Path.Combine(folder, CleanedName));
    }

    /// <inheritdoc/>
    public long StartOffset => Math.Max(Volatile.Read(ref segments)[0].BaseOffset, Math.Min(Volatile.Read(ref deletedBelow), HighWatermark));

    /// <inheritdoc/>
    public long HighWatermark => Volatile.Read(ref highWatermark);

    /// <inheritdoc/>
    public long SizeBytes
    {
        get
        {
            long total = 0;
            foreach (var segment in Volatile.Read(ref segments)) total += segment.Size;
            return total;
        }
    }

    /// <inheritdoc/>
    public TimedOffset? Latest
    {
        get
        {
            LogSegment? latest = null;
            foreach (var segment in Volatile.Read(ref segments))
            {
                if (segment.MaxTimestamp > (latest?.MaxTimestamp ?? -1)) latest = segment;
            }

            return latest is null ? null : new TimedOffset(latest.MaxTimestampOffset, latest.MaxTimestamp);
        }
    }

    private LogSegment Active => segments[^1];

    /// <summary>Opens or creates the log in a folder; a torn tail is cut off at the last intact batch.</summary>
    public static async ValueTask<PartitionLog> OpenAsync(string folder, LogSettings settings, ILogger logger)
    {
        Directory.CreateDirectory(folder);
        SegmentSwap.Recover(folder);
        var opened = new List<LogSegment>();
        try
        {
            bool damaged = false;
            foreach (string path in Directory.EnumerateFiles(folder, "*.log").Order(StringComparer.Ordinal))
            {
                var (segment, lostBytes) = await LogSegment.OpenAsync(path, settings).ConfigureAwait(false);
                if (lostBytes > 0) BrokerLog.DataLost(logger, lostBytes, segment.Size, path, "not an intact batch");
                if (damaged || (opened.Count > 0 && segment.BaseOffset < opened[^1].NextOffset))
                {
                    // Behind a hole the offsets would still be right but consumers would pass over the loss unnoticed.
                    BrokerLog.DataLost(logger, segment.Size, 0, path, "lies behind a damaged segment and was set aside");
                    segment.SetAside();
                    continue;
                }

                damaged |= lostBytes > 0;
                opened.Add(segment);
            }

            if (opened.Count == 0) opened.Add(LogSegment.Create(folder, ReadOffset(Path.Combine(folder, StartName)), settings));
            var log = new PartitionLog(folder, settings, logger, [.. opened]);
            log.Restore();
            return log;
        }
        catch
        {
            opened.ForEach(segment => segment.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<AppendResult> AppendAsync(Memory<byte> batch, RecordBatchHeader header)
    {
        var refused = BatchAdmission.Check(batch.Span, header, Settings);
        if (refused != ErrorCode.None) return new AppendResult(refused, -1);
        return Settings.Codec is { } codec && codec != header.Compression
            ? await AppendAnewAsync(batch, header, codec).ConfigureAwait(false)
            : await AppendAsync(batch, header, commit: null).ConfigureAwait(false);
    }

    private async ValueTask<AppendResult> AppendAnewAsync(ReadOnlyMemory<byte> batch, RecordBatchHeader header, int codec)
    {
        using var anew = new PooledBytes(batch.Length);
        var error = await BatchTranscoder.TranscodeAsync(batch, header, codec, Settings, anew).ConfigureAwait(false);
        return error == ErrorCode.None
            ? await AppendAsync(anew.Room[..anew.Length], RecordBatchHeader.Read(anew.Span), commit: null).ConfigureAwait(false)
            : new AppendResult(error, -1);
    }

    /// <param name="batch">Batch.</param>
    /// <param name="header">Its header.</param>
    /// <param name="commit">What a marker says; null for a client's batch.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<AppendResult> AppendAsync(Memory<byte> batch, RecordBatchHeader header, bool? commit)
    {
        long next;
        int epoch;
        long appendTime = -1;
        var policy = Settings.Flush;
        await writing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (disposed || (failed && !await TryReopenAsync().ConfigureAwait(false))) return new AppendResult(ErrorCode.KafkaStorageError, -1);

            epoch = LeaderEpoch;
            long now = Settings.NowMs;
            long duplicateOf = -1;
            var check = commit is null ? producers.Check(header, out duplicateOf) : producers.CheckMarker(header.ProducerId, header.ProducerEpoch);
            if (check != ErrorCode.None) return new AppendResult(check, -1);
            if (commit is not null && !producers.Transactions.IsOpen(header.ProducerId))
            {
                producers.Fence(header.ProducerId, header.ProducerEpoch, now);
                return new AppendResult(ErrorCode.None, -1);
            }

            if (duplicateOf >= 0)
            {
                header = header with { BaseOffset = duplicateOf };
                next = header.NextOffset;
            }
            else
            {
                if (Active.Size > 0 && (Active.Size + batch.Length > Settings.SegmentBytes || IsOld(Active, now))) await RollAsync().ConfigureAwait(false);
                if (Settings.LogAppendTime && commit is null)
                {
                    header = RecordBatchHeader.StampAppendTime(batch.Span, header, now);
                    appendTime = now;
                }

                header = header with { BaseOffset = Active.NextOffset };
                BeginEpoch(header.BaseOffset);
                RecordBatchHeader.Place(batch.Span, header.BaseOffset, epoch);
                await Active.AppendAsync(batch, header).ConfigureAwait(false);
                if (commit is { } outcome) producers.RecordMarker(header, outcome, now);
                else producers.Record(header, now);
                next = header.NextOffset;
                if (policy == FlushPolicy.PageCache) Publish(next);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk ends here: nothing was accounted for, so the next append starts at the same place.
            failed |= policy == FlushPolicy.Fsync && Active.SyncFailed;
            BrokerLog.AppendFailed(logger, folder, e.Message);
            return new AppendResult(ErrorCode.KafkaStorageError, -1);
        }
        finally
        {
            writing.Release();
        }

        if (policy == FlushPolicy.Fsync && !await FlushToAsync(next, epoch).ConfigureAwait(false))
        {
            return new AppendResult(ErrorCode.KafkaStorageError, -1);
        }

        return new AppendResult(ErrorCode.None, header.BaseOffset, appendTime);
    }

    /// <inheritdoc/>
    public void AddWaiter(AppendWaiter waiter)
    {
        lock (waitersLock) waiters.Add(waiter);
    }

    /// <inheritdoc/>
    public void RemoveWaiter(AppendWaiter waiter)
    {
        lock (waitersLock) waiters.Remove(waiter);
    }

    /// <summary>Synchronises, leaves the index and the producers' snapshot for a fast start, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        // Compaction sees it and ends at its next step.
        closing.Cancel();
        await compacting.WaitAsync().ConfigureAwait(false);
        await writing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (disposed) return;
            disposed = true;
            if (!failed)
            {
                await Active.SealAsync().ConfigureAwait(false);
                if (!Active.SyncFailed) Advance(Active.NextOffset);
                epochs.Save();
                await producers.SaveAsync(Path.Combine(folder, SnapshotName), Active.NextOffset).ConfigureAwait(false);
            }
        }
        catch (IOException e)
        {
            // The next start reads the active segment through instead.
            BrokerLog.AppendFailed(logger, folder, e.Message);
        }
        finally
        {
            foreach (var segment in Volatile.Read(ref segments)) segment.Dispose();
            writing.Release();
            compacting.Release();
        }

        WakeWaiters();
    }

    /// <summary>Reads from the log what the snapshot of the producers and the file of the epochs do not know.</summary>
    private void Restore()
    {
        var restored = new ProducerStates();
        long? known = restored.TryLoad(Path.Combine(folder, SnapshotName), Active.NextOffset);
        if (known is null) restored = new ProducerStates();
        epochs.Trim(StartOffset, Active.NextOffset);
        foreach (var segment in segments)
        {
            if (segment.NextOffset <= (known ?? 0)) continue;
            long from = known > segment.BaseOffset ? segment.Locate(known.Value) : 0;
            BatchScanner.Scan(segment.File, from, segment.Size, 0, checkCrc: false, (header, position) =>
            {
                epochs.Note(header.LeaderEpoch, header.BaseOffset);
                if (!header.IsControl) restored.Record(header, header.MaxTimestamp);
                else if (ReadMarker(segment, header, position) is { } commit) restored.RecordMarker(header, commit, header.MaxTimestamp);
                return true;
            });
        }

        restored.Transactions.Trim(StartOffset);

        // Replaced at once: a reader of committed records never sees a state in between.
        Volatile.Write(ref producers, restored);
        leaderEpoch = Math.Max(epochs.Latest + 1, Settings.LeaderEpoch);
    }

    /// <summary>What a control batch says: its record's key holds a version and the type, 0 for abort and 1 for commit.</summary>
    private static bool? ReadMarker(LogSegment segment, in RecordBatchHeader header, long position)
    {
        Span<byte> batch = stackalloc byte[RecordBatchHeader.Size + 64];
        int length = (int)Math.Min(header.TotalBytes, batch.Length);
        if (RandomAccess.Read(segment.File, batch[..length], position) < length) return null;
        ReadOnlySpan<byte> records = batch[RecordBatchHeader.Size..length];
        if (!RawRecord.TryRead(ref records, out var record) || record.Key.Length < 4) return null;
        return record.Key[3] switch
        {
            0 => false,
            1 => true,
            _ => null,
        };
    }

    /// <summary>Before an epoch's first batch its beginning is noted.</summary>
    private void BeginEpoch(long offset)
    {
        if (epochs.Latest == LeaderEpoch) return;
        epochs.Note(LeaderEpoch, offset);
        epochs.Save();
    }

    private void Publish(long next)
    {
        Volatile.Write(ref highWatermark, next);
        WakeWaiters();
    }

    private void WakeWaiters()
    {
        lock (waitersLock)
        {
            foreach (var waiter in waiters) waiter.Signal();
        }
    }
}
