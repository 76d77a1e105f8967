using System.Globalization;
using System.Text;
using Mesh.Broker.Protocol;
using Mesh.Model;

namespace Mesh.Broker.Storage;

/// <summary>Closing segments and dropping them: by age, by size, and on request.</summary>
internal sealed partial class PartitionLog
{
    private const string StartName = "log-start";

    /// <summary>Records below were deleted on request, though their segment may still hold them.</summary>
    private long deletedBelow;

    /// <inheritdoc/>
    public async ValueTask ApplyRetentionAsync()
    {
        await writing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (disposed || failed) return;
            long now = Settings.NowMs;
            if (Settings.ProducerExpiry < TimeSpan.FromMilliseconds(now)) producers.Expire(now - (long)Settings.ProducerExpiry.TotalMilliseconds);
            DropExpired();
            if (Active.Size > 0 && (IsOld(Active, now) || Active.NextOffset <= deletedBelow || IsExpired(Active, now) || IsOverdue(Active, now))) await RollAsync().ConfigureAwait(false);
            foreach (var segment in segments[..^1]) segment.ReleaseIndex();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            failed |= Settings.Flush == FlushPolicy.Fsync && Active.SyncFailed;
            BrokerLog.AppendFailed(logger, folder, e.Message);
        }
        finally
        {
            writing.Release();
        }

        SyncWhenDue();
    }

    /// <inheritdoc/>
    public async ValueTask<ErrorCode> DeleteRecordsAsync(long beforeOffset)
    {
        await writing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (disposed) return ErrorCode.KafkaStorageError;
            if (beforeOffset == -1) beforeOffset = HighWatermark;
            if (beforeOffset < 0 || beforeOffset > HighWatermark) return ErrorCode.OffsetOutOfRange;
            if (beforeOffset <= StartOffset) return ErrorCode.None;

            // Whole segments go first: on a full disk that makes the room for the note of the rest.
            DropBelow(beforeOffset);
            await WriteOffsetAsync(StartName, beforeOffset).ConfigureAwait(false);
            Volatile.Write(ref deletedBelow, beforeOffset);
            return ErrorCode.None;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            BrokerLog.AppendFailed(logger, folder, e.Message);
            return ErrorCode.KafkaStorageError;
        }
        finally
        {
            writing.Release();
        }
    }

    private async ValueTask RollAsync()
    {
        await Active.SealAsync().ConfigureAwait(false);
        await producers.SaveAsync(Path.Combine(folder, SnapshotName), Active.NextOffset).ConfigureAwait(false);
        epochs.Save();
        long next = Active.NextOffset;
        var added = LogSegment.Create(folder, next, Settings);
        Volatile.Write(ref segments, [.. segments, added]);
        if (Settings.Flush == FlushPolicy.Fsync)
        {
            // The sealed segment is on the disk, so everything up to here is.
            FolderSync.Flush(folder);
            Volatile.Write(ref flushedOffset, next);
            if (next > HighWatermark) Publish(next);
        }

        DropExpired();
    }

    private void DropExpired()
    {
        long total = SizeBytes;
        long now = Settings.NowMs;
        int drop = 0;
        while (drop < segments.Length - 1 && (segments[drop + 1].BaseOffset <= deletedBelow || IsExpired(segments[drop], now) || (Settings.Delete && total > Settings.RetentionBytes)))
        {
            total -= segments[drop++].Size;
        }

        Drop(drop);
    }

    private void DropBelow(long offset)
    {
        int drop = 0;
        while (drop < segments.Length - 1 && segments[drop + 1].BaseOffset <= offset) drop++;
        Drop(drop);
    }

    private void Drop(int count)
    {
        if (count == 0) return;
        var gone = segments[..count];
        Volatile.Write(ref segments, segments[count..]);
        producers.Transactions.Trim(StartOffset);
        epochs.Trim(StartOffset, Active.NextOffset);
        foreach (var segment in gone) segment.Delete();
    }

    private bool IsOld(LogSegment segment, long now) => Longer(now - segment.CreatedMs, Settings.SegmentAge);

    private bool IsExpired(LogSegment segment, long now) =>
        Settings is { Delete: true, Retention: { } age } && Longer(now - (segment.MaxTimestamp < 0 ? segment.CreatedMs : segment.MaxTimestamp), age);

    /// <summary>Whether a compacted topic's active segment holds up its compaction for too long.</summary>
    private bool IsOverdue(LogSegment segment, long now) => Settings.Compact && Longer(now - segment.CreatedMs, Settings.MaxCompactionLag);

    private static bool Longer(long milliseconds, TimeSpan limit) => limit != TimeSpan.MaxValue && milliseconds > limit.TotalMilliseconds;

    /// <summary>An offset in a file of its own; 0 when it is absent or unreadable, which only means that more is kept, or done again.</summary>
    private static long ReadOffset(string path) =>
        File.Exists(path) && long.TryParse(File.ReadAllText(path), NumberStyles.None, CultureInfo.InvariantCulture, out long offset) ? offset : 0;

    private ValueTask WriteOffsetAsync(string name, long offset) =>
        AtomicFile.WriteAsync(Path.Combine(folder, name), Encoding.ASCII.GetBytes(offset.ToString(CultureInfo.InvariantCulture)), CancellationToken.None);
}
