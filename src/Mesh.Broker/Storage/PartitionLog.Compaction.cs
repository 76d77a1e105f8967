using Mesh.Model;

namespace Mesh.Broker.Storage;

/// <summary>When to compact, and putting the outcome in place.</summary>
internal sealed partial class PartitionLog
{
    private const string CleanedName = "cleaned-below";

    private readonly SemaphoreSlim compacting = new(1, 1);
    private readonly CancellationTokenSource closing = new();

    /// <summary>Every key has at most one record below.</summary>
    private long cleanedBelow;

    private long nextHorizonMs = long.MaxValue;

    /// <summary>What is left to do of a swap that failed in the middle; until it is done nothing may be written beside the swap's note.</summary>
    private Action? unfinishedSwap;

    /// <inheritdoc/>
    public async ValueTask CompactAsync(CancellationToken cancellationToken)
    {
        if (!Settings.Compact) return;
        await compacting.WaitAsync(cancellationToken).ConfigureAwait(false);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, closing.Token);
        try
        {
            await FinishSwapAsync(cancellationToken).ConfigureAwait(false);
            while (!disposed && !failed && Cleanable() is { Count: > 0 } cleanable && IsDue(cleanable))
            {
                if (!await CleanAsync(cleanable, either.Token).ConfigureAwait(false)) return;
            }
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
            // The log closes; what was not swapped in is thrown away.
        }
        catch (ObjectDisposedException)
        {
            // Retention dropped what was being compacted.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            BrokerLog.CompactionFailed(logger, folder, e.Message);
        }
        finally
        {
            compacting.Release();
        }
    }

    /// <summary>Closed segments whose records are settled and old enough.</summary>
    private List<LogSegment> Cleanable()
    {
        var list = Volatile.Read(ref segments);
        long stable = LastStableOffset;
        long now = Settings.NowMs;
        var cleanable = new List<LogSegment>();
        foreach (var segment in list.AsSpan(0, list.Length - 1))
        {
            long newest = segment.MaxTimestamp < 0 ? segment.CreatedMs : segment.MaxTimestamp;
            if (segment.NextOffset > stable || (Settings.MinCompactionLag > TimeSpan.Zero && !Longer(now - newest, Settings.MinCompactionLag))) break;
            cleanable.Add(segment);
        }

        return cleanable;
    }

    private bool IsDue(List<LogSegment> cleanable)
    {
        long now = Settings.NowMs;
        long dirty = 0, total = 0;
        bool overdue = false;
        foreach (var segment in cleanable)
        {
            total += segment.Size;
            if (segment.NextOffset <= cleanedBelow || segment.Size == 0) continue;
            dirty += segment.Size;
            overdue |= Longer(now - segment.CreatedMs, Settings.MaxCompactionLag);
        }

        return now >= nextHorizonMs || (dirty > 0 && (overdue || dirty >= Settings.MinDirtyRatio * total));
    }

    /// <returns>Whether another pass may follow.</returns>
    private async ValueTask<bool> CleanAsync(List<LogSegment> cleanable, CancellationToken cancellationToken)
    {
        var known = Volatile.Read(ref producers);
        HashSet<long> lastOffsets;
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            lastOffsets = known.LastOffsets();
        }
        finally
        {
            writing.Release();
        }

        var cleaner = new LogCleaner(folder, Settings, new AbortedRecords(known.Transactions.All), lastOffsets);
        cleaner.Map(cleanable, cleanedBelow, cancellationToken);
        for (int at = 0; at < cleanable.Count && cleanable[at].BaseOffset < cleaner.MappedBelow;)
        {
            int count = 1;
            for (long size = cleanable[at].Size; at + count < cleanable.Count && cleanable[at + count].BaseOffset < cleaner.MappedBelow; count++)
            {
                size += cleanable[at + count].Size;
                if (size > Settings.SegmentBytes) break;
            }

            var sources = cleanable.GetRange(at, count);
            var cleaned = await cleaner.CleanAsync(sources, cancellationToken).ConfigureAwait(false);
            if (cleaned is not null && !await SwapAsync(sources, cleaned, cleaner.MarkersGone).ConfigureAwait(false)) return false;
            at += count;
        }

        bool advanced = cleaner.MappedBelow > cleanedBelow;
        if (advanced) await WriteOffsetAsync(CleanedName, cleaner.MappedBelow).ConfigureAwait(false);
        cleanedBelow = Math.Max(cleanedBelow, cleaner.MappedBelow);
        nextHorizonMs = cleaner.NextHorizonMs;
        return advanced;
    }

    private async ValueTask<bool> SwapAsync(List<LogSegment> sources, LogSegment cleaned, HashSet<long> markersGone)
    {
        await writing.WaitAsync().ConfigureAwait(false);
        try
        {
            int at = Array.IndexOf(segments, sources[0]);
            if (disposed || failed || at < 0)
            {
                // Retention was faster.
                cleaned.Delete();
                return false;
            }

            if (markersGone.Count > 0)
            {
                // An aborted transaction without its marker would hide what its producer wrote later.
                producers.Transactions.Trim(StartOffset, markersGone);
                Active.Sync();
                await producers.SaveAsync(Path.Combine(folder, SnapshotName), Active.NextOffset).ConfigureAwait(false);
            }

            // The first segment stays even when it is empty: its name says where the log begins.
            bool vanishes = cleaned.Size == 0 && at > 0;
            var replaced = vanishes ? sources : sources[1..];
            await CommitSwapAsync(cleaned, replaced, vanishes).ConfigureAwait(false);
            LogSegment[] middle = vanishes ? [] : [cleaned];
            Volatile.Write(ref segments, [.. segments[..at], .. middle, .. segments[(at + sources.Count)..]]);

            // Should something fail from here on, the note stays for the next attempt or the next start.
            unfinishedSwap = () =>
            {
                foreach (var source in replaced)
                {
                    source.Delete();
                    Settings.Step();
                }

                SegmentSwap.Complete(folder, cleaned.BaseOffset);
            };
            if (!vanishes) sources[0].Dispose();
            unfinishedSwap();
            unfinishedSwap = null;
            if (Settings.Flush == FlushPolicy.Fsync) FolderSync.Flush(folder);
            return true;
        }
        finally
        {
            writing.Release();
        }
    }

    private async ValueTask FinishSwapAsync(CancellationToken cancellationToken)
    {
        if (unfinishedSwap is null) return;
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (disposed) return;
            unfinishedSwap();
            unfinishedSwap = null;
        }
        finally
        {
            writing.Release();
        }
    }

    private async ValueTask CommitSwapAsync(LogSegment cleaned, List<LogSegment> replaced, bool vanishes)
    {
        try
        {
            await SegmentSwap.CommitAsync(folder, cleaned.BaseOffset, replaced.Select(segment => segment.BaseOffset)).ConfigureAwait(false);
            Settings.Step();
            if (vanishes) cleaned.Delete();
            else cleaned.MoveInto(folder);
            Settings.Step();
        }
        catch
        {
            // The note first: with it but without the compacted file a start would take the sources for replaced.
            unfinishedSwap = () =>
            {
                SegmentSwap.Complete(folder, cleaned.BaseOffset);
                cleaned.Delete();
            };
            unfinishedSwap();
            unfinishedSwap = null;
            throw;
        }
    }
}
