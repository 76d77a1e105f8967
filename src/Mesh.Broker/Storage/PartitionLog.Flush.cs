using Mesh.Broker.Protocol;

namespace Mesh.Broker.Storage;

/// <summary>Group synchronisation: appends that arrive while one synchronisation runs share the next.</summary>
internal sealed partial class PartitionLog
{
    private readonly Lock flushLock = new();
    private Task? flush;
    private long flushedOffset;

    private async ValueTask<bool> FlushToAsync(long offset)
    {
        while (Volatile.Read(ref flushedOffset) < offset)
        {
            if (failed) return false;
            Task running;
            lock (flushLock) running = flush ??= FlushAsync();
            await running.ConfigureAwait(false);
        }

        return true;
    }

    private async Task FlushAsync()
    {
        await Task.Yield();
        try
        {
            // The end is read first: should the log roll in between, the roll has synchronised everything below the new segment.
            long end = Volatile.Read(ref segments)[^1].NextOffset;
            RandomAccess.FlushToDisk(Volatile.Read(ref segments)[^1].File);
            Volatile.Write(ref flushedOffset, end);
            if (end > HighWatermark) Publish(end);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // After a failed fsync the kernel may have dropped the pages, and a second one would claim success for them.
            failed = true;
            BrokerLog.AppendFailed(logger, folder, e.Message);
        }
        finally
        {
            lock (flushLock) flush = null;
        }
    }
}
