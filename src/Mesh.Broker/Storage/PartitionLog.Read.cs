using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Storage;

/// <summary>Reading: straight from the segment's file into the response.</summary>
internal sealed partial class PartitionLog
{
    /// <inheritdoc/>
    public IReadOnlyList<TimedOffset> SegmentOffsets => [.. Volatile.Read(ref segments).Select(segment => new TimedOffset(segment.BaseOffset, segment.MaxTimestamp))];

    /// <inheritdoc/>
    public long Available(long offset, long limit, long end = long.MaxValue)
    {
        while (true)
        {
            try
            {
                long visible = HighWatermark;
                if (offset >= Math.Min(visible, end)) return 0;
                var list = Volatile.Read(ref segments);
                int at = SegmentOf(list, offset);
                int last = end < visible ? SegmentOf(list, end) : list.Length - 1;
                long available = -list[at].Locate(offset);
                for (; at < last && available < limit; at++) available += list[at].Size;
                if (at == last) available += end < visible ? list[at].Locate(end) : list[at].Size;
                return Math.Clamp(available, 0, limit);
            }
            catch (ObjectDisposedException) when (!disposed)
            {
                // Compacted, dropped or opened again just now: the list of segments is another one already.
            }
        }
    }

    /// <inheritdoc/>
    public LogSlice Slice(long offset, int maxBytes, bool firstWhole, long end = long.MaxValue)
    {
        while (true)
        {
            try
            {
                long visible = Math.Min(end, HighWatermark);
                if (offset >= visible) return default;
                var (segment, position) = Locate(offset);
                var (stop, next) = (segment.Locate(visible), Math.Min(visible, segment.NextOffset));
                if (stop - position > maxBytes) (stop, next) = segment.Boundary(position, maxBytes, firstWhole);
                if (stop <= position) return default;

                var region = new FileRegion(segment.File, position, (int)(stop - position));
                region.Hold();
                segment.Remember(next, stop);
                return new LogSlice(region, next);
            }
            catch (ObjectDisposedException) when (!disposed)
            {
                // As in Available.
            }
        }
    }

    /// <inheritdoc/>
    public int BatchBytesAt(long offset)
    {
        Span<byte> header = stackalloc byte[RecordBatchHeader.Size];
        while (true)
        {
            try
            {
                if (offset >= HighWatermark) return 0;
                var (segment, position) = Locate(offset);
                int read = BatchScanner.ReadFully(segment.File, header, position);
                return read < header.Length ? 0 : BinaryPrimitives.ReadInt32BigEndian(header[8..]) + RecordBatchHeader.LengthPrefix;
            }
            catch (ObjectDisposedException) when (!disposed)
            {
                // As in Available.
            }
        }
    }

    /// <inheritdoc/>
    public int Read(long offset, Span<byte> destination, long end = long.MaxValue)
    {
        while (true)
        {
            try
            {
                long visible = Math.Min(end, HighWatermark);
                if (offset >= visible) return 0;
                var (segment, position) = Locate(offset);
                int wanted = (int)Math.Min(destination.Length, segment.Size - position);
                int read = BatchScanner.ReadFully(segment.File, destination[..wanted], position);
                int whole = WholeBatches(destination[..read], visible, out long next);
                if (whole > 0) segment.Remember(next, position + whole);
                return whole;
            }
            catch (ObjectDisposedException) when (!disposed)
            {
                // As in Available.
            }
        }
    }

    /// <inheritdoc/>
    public TimedOffset? FindByTime(long timestampMs)
    {
        while (true)
        {
            try
            {
                foreach (var segment in Volatile.Read(ref segments))
                {
                    if (FindIn(segment, timestampMs) is { } found) return found.Offset < HighWatermark ? found : null;
                }

                return null;
            }
            catch (ObjectDisposedException) when (!disposed)
            {
                // As in Available.
            }
        }
    }

    private TimedOffset? FindIn(LogSegment segment, long timestampMs)
    {
        long minOffset = StartOffset;
        while (segment.FindByTime(timestampMs, minOffset) is var (header, position))
        {
            if (FindRecord(segment, header, position, timestampMs, minOffset) is { } found) return found;

            // The batch's latest record was compacted away or lies below the log's start.
            minOffset = header.NextOffset;
        }

        return null;
    }

    private static TimedOffset? FindRecord(LogSegment segment, RecordBatchHeader header, long position, long timestampMs, long minOffset)
    {
        if ((header.Attributes & RecordBatchHeader.LogAppendTimeBit) != 0) return new TimedOffset(Math.Max(header.BaseOffset, minOffset), header.MaxTimestamp);

        byte[] batch = ArrayPool<byte>.Shared.Rent((int)header.TotalBytes);
        try
        {
            int read = BatchScanner.ReadFully(segment.File, batch.AsSpan(0, (int)header.TotalBytes), position);
            return FirstRecord(batch.AsSpan(0, read), header, timestampMs, minOffset);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(batch);
        }
    }

    private static TimedOffset? FirstRecord(ReadOnlySpan<byte> batch, in RecordBatchHeader header, long timestampMs, long minOffset)
    {
        using var content = RecordCompression.Decompress(header, batch);
        if (content is null) return new TimedOffset(Math.Max(header.BaseOffset, minOffset), header.BaseTimestamp);
        var records = content.Span;
        while (RawRecord.TryRead(ref records, out var record))
        {
            long time = header.BaseTimestamp + record.TimestampDelta;
            if (time >= timestampMs && header.BaseOffset + record.OffsetDelta >= minOffset) return new TimedOffset(header.BaseOffset + record.OffsetDelta, time);
        }

        return null;
    }

    private (LogSegment Segment, long Position) Locate(long offset)
    {
        var list = Volatile.Read(ref segments);
        int at = SegmentOf(list, offset);
        long position = list[at].Locate(offset);

        // The offset may lie in a gap at the end of its segment.
        while (position >= list[at].Size && at + 1 < list.Length) (at, position) = (at + 1, 0);
        return (list[at], position);
    }

    /// <summary>The last segment that begins at or below an offset, or the first one.</summary>
    private static int SegmentOf(LogSegment[] list, long offset)
    {
        // Most reads are at the end.
        if (list[^1].BaseOffset <= offset) return list.Length - 1;
        int low = 0, high = list.Length - 1;
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            if (list[middle].BaseOffset <= offset) low = middle;
            else high = middle;
        }

        return low;
    }

    /// <summary>Bytes of the batches that are complete and below the high watermark.</summary>
    private static int WholeBatches(ReadOnlySpan<byte> bytes, long end, out long next)
    {
        int whole = 0;
        next = -1;
        while (bytes.Length - whole >= RecordBatchHeader.Size)
        {
            int total = BinaryPrimitives.ReadInt32BigEndian(bytes[(whole + 8)..]) + RecordBatchHeader.LengthPrefix;
            long after = BinaryPrimitives.ReadInt64BigEndian(bytes[whole..]) + BinaryPrimitives.ReadInt32BigEndian(bytes[(whole + 23)..]) + 1;
            if (total <= 0 || total > bytes.Length - whole || after > end) break;
            whole += total;
            next = after;
        }

        return whole;
    }
}
