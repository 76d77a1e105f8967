using Mesh.Broker.Protocol;

namespace Mesh.Broker.Storage;

/// <summary>
/// One pass of compaction: learns the last offset of each key in the part of the log not compacted yet, as far as its memory goes, and
/// then writes the segments again without what that replaces. Aborted records go too; the batch with a producer's last sequence number
/// stays, if need be without records; a marker goes once its transaction has been without records and tombstones of its age would go.
/// </summary>
internal sealed class LogCleaner(string folder, LogSettings settings, AbortedRecords aborted, IReadOnlySet<long> lastOffsets)
{
    private readonly OffsetMap latest = new(settings.CompactionMemoryBytes);
    private readonly HashSet<long> withRecords = [];
    private readonly long now = settings.NowMs;

    /// <summary>Offset up to which every key has at most one record once the pass is through.</summary>
    public long MappedBelow { get; private set; }

    /// <summary>Earliest time at which a tombstone or marker that was kept may go.</summary>
    public long NextHorizonMs { get; private set; } = long.MaxValue;

    /// <summary>Abort markers that the last segments written do not have any more.</summary>
    public HashSet<long> MarkersGone { get; } = [];

    private long HorizonMs => settings.DeleteRetention == TimeSpan.MaxValue ? long.MaxValue : now + (long)settings.DeleteRetention.TotalMilliseconds;

    /// <summary>Learns keys from an offset on.</summary>
    /// <param name="segments">Segments that may be compacted, in order.</param>
    /// <param name="from">Where the last pass ended.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public void Map(IReadOnlyList<LogSegment> segments, long from, CancellationToken cancellationToken)
    {
        MappedBelow = from;
        foreach (var segment in segments)
        {
            if (segment.NextOffset <= from) continue;
            using var batches = new SegmentBatches(segment, segment.Locate(from));
            while (batches.Next())
            {
                cancellationToken.ThrowIfCancellationRequested();
                var header = batches.Header;
                if (!header.IsControl && !IsAborted(header) && !TryMap(batches.Batch.Span, header)) return;
                MappedBelow = header.NextOffset;
            }
        }
    }

    /// <summary>Writes some neighbouring segments again as one.</summary>
    /// <returns>The new segment, sealed but not part of the log; null when nothing would change.</returns>
    public async ValueTask<LogSegment?> CleanAsync(IReadOnlyList<LogSegment> sources, CancellationToken cancellationToken)
    {
        MarkersGone.Clear();
        bool changed = sources.Count > 1;
        var cleaned = LogSegment.CreateCleaned(folder, sources[0].BaseOffset, sources[^1].CreatedMs, settings);
        using var filter = new BatchFilter(latest, HorizonMs, now);
        try
        {
            foreach (var source in sources)
            {
                using var batches = new SegmentBatches(source, 0);
                while (batches.Next())
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var kept = Keep(batches.Header, batches.Batch, filter);
                    changed |= !kept.Equals(batches.Batch);
                    if (!kept.IsEmpty) await cleaned.AppendAsync(kept, RecordBatchHeader.Read(kept.Span)).ConfigureAwait(false);
                }
            }

            if (!changed)
            {
                cleaned.Delete();
                return null;
            }

            await cleaned.SealAsync().ConfigureAwait(false);
            return cleaned;
        }
        catch
        {
            cleaned.Delete();
            throw;
        }
    }

    /// <summary>What of a batch stays: itself, a smaller one, or nothing.</summary>
    private ReadOnlyMemory<byte> Keep(in RecordBatchHeader header, ReadOnlyMemory<byte> batch, BatchFilter filter)
    {
        if (header.IsControl) return KeepsMarker(header) ? batch : default;
        if (header.IsTransactional) withRecords.Add(header.ProducerId);

        // What lies above was not looked at: its tombstones may still have something to delete.
        if (header.LastOffset >= MappedBelow) return batch;
        var outcome = IsAborted(header) ? BatchFilter.Outcome.Empty : filter.Apply(batch.Span, header);
        if (outcome == BatchFilter.Outcome.Empty)
        {
            bool lastOfProducer = header.ProducerId >= 0 && lastOffsets.Contains(header.LastOffset);
            return !lastOfProducer ? default : header.RecordCount == 0 ? batch : filter.Emptied(batch.Span, header);
        }

        var kept = outcome == BatchFilter.Outcome.Unchanged ? batch : filter.Result;
        var after = RecordBatchHeader.Read(kept.Span);
        if (after.HasDeleteHorizon && after.BaseTimestamp > now) NextHorizonMs = Math.Min(NextHorizonMs, after.BaseTimestamp);
        return kept;
    }

    private bool KeepsMarker(in RecordBatchHeader header)
    {
        bool hadRecords = withRecords.Remove(header.ProducerId);
        if (hadRecords || header.LastOffset >= MappedBelow) return true;
        long horizon = settings.DeleteRetention == TimeSpan.MaxValue ? long.MaxValue : header.MaxTimestamp + (long)settings.DeleteRetention.TotalMilliseconds;
        if (horizon > now)
        {
            NextHorizonMs = Math.Min(NextHorizonMs, horizon);
            return true;
        }

        MarkersGone.Add(header.BaseOffset);
        return false;
    }

    private bool IsAborted(in RecordBatchHeader header) => header.IsTransactional && aborted.Contains(header.ProducerId, header.BaseOffset);

    private bool TryMap(ReadOnlySpan<byte> batch, in RecordBatchHeader header)
    {
        using var content = RecordCompression.Decompress(header, batch);
        if (content is null) return true;
        var records = content.Span;
        while (RawRecord.TryRead(ref records, out var record))
        {
            long offset = header.BaseOffset + record.OffsetDelta;
            if (record.HasKey && !latest.TrySet(record.Key, offset))
            {
                // The rest of the batch is for the next pass.
                MappedBelow = Math.Max(MappedBelow, offset);
                return false;
            }
        }

        return true;
    }
}
