using System.Buffers;
using System.Buffers.Binary;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Storage;

/// <summary>Reading: straight from the segment's file into the response.</summary>
internal sealed partial class PartitionLog
{
    /// <inheritdoc/>
    public async ValueTask<long> AvailableAsync(long offset, long limit)
    {
        long end = HighWatermark;
        if (offset >= end) return 0;
        var list = Volatile.Read(ref segments);
        int at = SegmentOf(list, offset);
        long available = list[at].Size - await list[at].LocateAsync(offset).ConfigureAwait(false);
        for (at++; at < list.Length && available < limit; at++) available += list[at].Size;
        return Math.Min(available, limit);
    }

    /// <inheritdoc/>
    public async ValueTask<int> BatchBytesAtAsync(long offset)
    {
        if (offset >= HighWatermark) return 0;
        var (segment, position) = await LocateAsync(offset).ConfigureAwait(false);
        byte[] header = new byte[RecordBatchHeader.Size];
        int read = await BatchScanner.ReadFullyAsync(segment.File, header, position).ConfigureAwait(false);
        return read < header.Length ? 0 : (int)RecordBatchHeader.Read(header).TotalBytes;
    }

    /// <inheritdoc/>
    public async ValueTask<int> ReadAsync(long offset, Memory<byte> destination)
    {
        long end = HighWatermark;
        if (offset >= end) return 0;
        var (segment, position) = await LocateAsync(offset).ConfigureAwait(false);
        int wanted = (int)Math.Min(destination.Length, segment.Size - position);
        int read = await BatchScanner.ReadFullyAsync(segment.File, destination[..wanted], position).ConfigureAwait(false);
        int whole = WholeBatches(destination.Span[..read], end, out long next);
        if (whole > 0) segment.Remember(next, position + whole);
        return whole;
    }

    /// <inheritdoc/>
    public async ValueTask<TimedOffset?> FindByTimeAsync(long timestampMs)
    {
        foreach (var segment in Volatile.Read(ref segments))
        {
            if (await segment.FindByTimeAsync(timestampMs).ConfigureAwait(false) is not var (header, position)) continue;
            return header.Compression == 0
                ? await FindRecordAsync(segment, header, position, timestampMs).ConfigureAwait(false)
                : new TimedOffset(header.BaseOffset, header.BaseTimestamp);
        }

        return null;
    }

    private static async ValueTask<TimedOffset?> FindRecordAsync(LogSegment segment, RecordBatchHeader header, long position, long timestampMs)
    {
        byte[] batch = ArrayPool<byte>.Shared.Rent((int)header.TotalBytes);
        try
        {
            int read = await BatchScanner.ReadFullyAsync(segment.File, batch.AsMemory(0, (int)header.TotalBytes), position).ConfigureAwait(false);
            return FirstRecord(batch.AsSpan(RecordBatchHeader.Size, read - RecordBatchHeader.Size), header, timestampMs);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(batch);
        }
    }

    private static TimedOffset FirstRecord(ReadOnlySpan<byte> records, in RecordBatchHeader header, long timestampMs)
    {
        while (RecordReader.TryRead(ref records, withContent: false, out var record))
        {
            long time = header.BaseTimestamp + record.Value.TimestampDelta;
            if (time >= timestampMs) return new TimedOffset(header.BaseOffset + record.Value.OffsetDelta, time);
        }

        return new TimedOffset(header.BaseOffset, header.BaseTimestamp);
    }

    private async ValueTask<(LogSegment Segment, long Position)> LocateAsync(long offset)
    {
        var list = Volatile.Read(ref segments);
        int at = SegmentOf(list, offset);
        long position = await list[at].LocateAsync(offset).ConfigureAwait(false);

        // The offset may lie in a gap at the end of its segment.
        while (position >= list[at].Size && at + 1 < list.Length) (at, position) = (at + 1, 0);
        return (list[at], position);
    }

    private static int SegmentOf(LogSegment[] list, long offset)
    {
        int at = list.Length - 1;
        while (at > 0 && list[at].BaseOffset > offset) at--;
        return at;
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
