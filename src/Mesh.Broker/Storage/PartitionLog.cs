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

    private readonly string folder;
    private LogSettings settings;
    private readonly ILogger logger;
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly ProducerStates producers = new();
    private readonly Lock waitersLock = new();
    private readonly HashSet<AppendWaiter> waiters = [];

    // Replaced as a whole, so that readers take a consistent list without a lock; never empty.
    private LogSegment[] segments;
    private long highWatermark;
    private bool failed;
    private bool disposed;

    private PartitionLog(string folder, LogSettings settings, ILogger logger, LogSegment[] segments)
    {
        this.folder = folder;
        this.settings = settings;
        this.logger = logger;
        this.segments = segments;
        highWatermark = flushedOffset = Active.NextOffset;
    }

    /// <inheritdoc/>
    public long StartOffset => Volatile.Read(ref segments)[0].BaseOffset;

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

            if (opened.Count == 0) opened.Add(LogSegment.Create(folder, 0, settings));
            var log = new PartitionLog(folder, settings, logger, [.. opened]);
            await log.RestoreProducersAsync().ConfigureAwait(false);
            return log;
        }
        catch
        {
            opened.ForEach(segment => segment.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<AppendResult> AppendAsync(Memory<byte> batch, RecordBatchHeader header)
    {
        long next;
        await writing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (failed || disposed) return new AppendResult(ErrorCode.KafkaStorageError, -1);

            var check = producers.Check(header, out long duplicateOf);
            if (check != ErrorCode.None) return new AppendResult(check, -1);
            if (duplicateOf >= 0)
            {
                header = header with { BaseOffset = duplicateOf };
                next = header.NextOffset;
            }
            else
            {
                if (Active.Size > 0 && Active.Size + batch.Length > settings.SegmentBytes) await RollAsync().ConfigureAwait(false);
                header = header with { BaseOffset = Active.NextOffset };
                RecordBatchHeader.Place(batch.Span, header.BaseOffset, leaderEpoch: 0);
                await Active.AppendAsync(batch, header).ConfigureAwait(false);
                producers.Record(header);
                next = header.NextOffset;
                if (settings.Flush == FlushPolicy.PageCache) Publish(next);
            }
        }
        catch (IOException e)
        {
            // A full disk ends here: nothing was accounted for, so the next append starts at the same place.
            BrokerLog.AppendFailed(logger, folder, e.Message);
            return new AppendResult(ErrorCode.KafkaStorageError, -1);
        }
        finally
        {
            writing.Release();
        }

        if (settings.Flush == FlushPolicy.Fsync && !await FlushToAsync(next).ConfigureAwait(false))
        {
            return new AppendResult(ErrorCode.KafkaStorageError, -1);
        }

        return new AppendResult(ErrorCode.None, header.BaseOffset);
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

    /// <inheritdoc/>
    public async ValueTask ApplyRetentionAsync()
    {
        if (settings.Retention is null && settings.RetentionBytes is null) return;
        await writing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!disposed) DropExpired();
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>Synchronises, leaves the index and the producers' snapshot for a fast start, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        await writing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (disposed) return;
            disposed = true;
            if (!failed)
            {
                await Active.SealAsync().ConfigureAwait(false);
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
            foreach (var segment in segments) segment.Dispose();
            writing.Release();
        }

        WakeWaiters();
    }

    private async ValueTask RollAsync()
    {
        await Active.SealAsync().ConfigureAwait(false);
        await producers.SaveAsync(Path.Combine(folder, SnapshotName), Active.NextOffset).ConfigureAwait(false);
        Volatile.Write(ref segments, [.. segments, LogSegment.Create(folder, Active.NextOffset, settings)]);
        DropExpired();
    }

    private void DropExpired()
    {
        long total = SizeBytes;
        long oldest = settings.Retention is { } age ? settings.Time.GetUtcNow().ToUnixTimeMilliseconds() - (long)age.TotalMilliseconds : long.MinValue;
        int drop = 0;
        while (drop < segments.Length - 1 && (segments[drop].MaxTimestamp < oldest || total > settings.RetentionBytes))
        {
            total -= segments[drop++].Size;
        }

        if (drop == 0) return;
        var gone = segments[..drop];
        Volatile.Write(ref segments, segments[drop..]);
        foreach (var segment in gone) segment.Delete();
    }

    private async ValueTask RestoreProducersAsync()
    {
        long? known = producers.TryLoad(Path.Combine(folder, SnapshotName), Active.NextOffset);
        if (known is null) producers.Clear();
        foreach (var segment in segments)
        {
            if (segment.NextOffset <= (known ?? 0)) continue;
            long from = known > segment.BaseOffset ? await segment.LocateAsync(known.Value).ConfigureAwait(false) : 0;
            await BatchScanner.ScanAsync(segment.File, from, segment.Size, 0, checkCrc: false, (header, _) =>
            {
                producers.Record(header);
                return true;
            }).ConfigureAwait(false);
        }
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
