using Mesh.Broker.Protocol;

namespace Mesh.Broker.Storage;

/// <summary>Group synchronisation: appends that arrive while one synchronisation runs share the next.</summary>
internal sealed partial class PartitionLog
{
    // Synchronised by time, up to an offset.
    private long syncedMs;
    private long syncedTo;

    private readonly Lock flushLock = new();
    private Task? flush;
    private long flushedOffset;

    /// <param name="offset">Offset after the batch.</param>
    /// <param name="epoch">Leader epoch in which it was appended: should the log have been opened again since, the batch was cut off.</param>
    private async ValueTask<bool> FlushToAsync(long offset, int epoch)
    {
        while (Volatile.Read(ref flushedOffset) < offset)
        {
            if (failed || disposed || LeaderEpoch != epoch) return false;
            Task running;
            lock (flushLock) running = flush ??= FlushAsync();
            await running.ConfigureAwait(false);
        }

        return LeaderEpoch == epoch;
    }

    private async Task FlushAsync()
    {
        await Task.Yield();
        try
        {
            // The end is read first: should the log roll in between, the roll has synchronised everything below the new segment.
            var active = Volatile.Read(ref segments)[^1];
            long end = active.NextOffset;
            active.Sync();
            Advance(end);
        }
        catch (ObjectDisposedException)
        {
            // Closed, or opened again: the appender looks which.
        }
        catch (IOException e)
        {
            failed = true;
            BrokerLog.AppendFailed(logger, folder, e.Message);
        }
        finally
        {
            lock (flushLock) flush = null;
        }
    }

    /// <summary>Synchronises what nobody waits for, once the topic's interval is over; a closed segment is on the disk already.</summary>
    private void SyncWhenDue()
    {
        var active = Volatile.Read(ref segments)[^1];
        long now = Settings.NowMs;
        long end = active.NextOffset;
        if (Settings.Flush == FlushPolicy.Fsync || disposed || active.SyncFailed || end == syncedTo || !Longer(now - syncedMs, Settings.FlushInterval)) return;
        try
        {
            active.Sync();
            syncedTo = end;
            syncedMs = now;
        }
        catch (ObjectDisposedException)
        {
            // Closed in between, and synchronised by that.
        }
        catch (IOException e)
        {
            BrokerLog.AppendFailed(logger, folder, e.Message);
        }
    }

    private void Advance(long end)
    {
        lock (flushLock)
        {
            if (end > flushedOffset) Volatile.Write(ref flushedOffset, end);
        }

        if (end > HighWatermark) Publish(end);
    }

    /// <summary>
    /// Goes back to what was on the disk when synchronising failed. Nobody was told of anything beyond it, and nobody has read it; what the
    /// page cache still shows of it may not be there, so it is cut off. Must hold the writer's lock.
    /// </summary>
    private async ValueTask<bool> TryReopenAsync()
    {
        Task? running;
        lock (flushLock) running = flush;
        if (running is not null) await running.ConfigureAwait(false);

        var broken = Active;
        try
        {
            broken.Cut(broken.Locate(HighWatermark));
            string path = Path.Combine(folder, LogSegment.NameOf(broken.BaseOffset));
            var (reopened, _) = await LogSegment.OpenAsync(path, Settings).ConfigureAwait(false);
            try
            {
                reopened.Sync();
            }
            catch (IOException)
            {
                reopened.Dispose();
                throw;
            }

            Volatile.Write(ref segments, [.. segments[..^1], reopened]);
            broken.Dispose();
            int before = LeaderEpoch;
            Restore();
            Volatile.Write(ref leaderEpoch, Math.Max(LeaderEpoch, before + 1));
            failed = false;
            BrokerLog.Reopened(logger, folder, Active.NextOffset);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            BrokerLog.AppendFailed(logger, folder, e.Message);
            return false;
        }
    }
}
