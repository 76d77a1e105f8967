using System.Text;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;

namespace Mesh.Broker.Tests.Support;

/// <summary>Reads a log as a consumer of committed records does (KIP-98): aborted ones are told by the list and the markers.</summary>
internal static class LogReader
{
    public sealed record Read(long Offset, string? Key, string? Value, long TimestampMs);

    public static async Task<List<Read>> CommittedAsync(IPartitionLog log)
    {
        var found = new List<Read>();
        long end = log.LastStableOffset;
        var pending = new Queue<AbortedTransaction>(log.AbortedBetween(log.StartOffset, end));
        var aborted = new HashSet<long>();
        byte[] buffer = new byte[1 << 20];
        for (long offset = log.StartOffset; offset < end;)
        {
            int read = log.Read(offset, buffer, end);
            if (read == 0) break;
            for (int at = 0; at < read;)
            {
                var header = RecordBatchHeader.Read(buffer.AsSpan(at));
                var batch = buffer.AsSpan(at, (int)header.TotalBytes);
                Crc32C.Compute(batch[RecordBatchHeader.ChecksummedFrom..]).ShouldBe(header.Crc);
                while (pending.TryPeek(out var next) && next.FirstOffset <= header.LastOffset) aborted.Add(pending.Dequeue().ProducerId);
                if (header.IsControl) Control(batch, header, aborted);
                else if (!header.IsTransactional || !aborted.Contains(header.ProducerId)) Records(batch, header, found);
                offset = header.NextOffset;
                at += batch.Length;
            }
        }

        return found;
    }

    private static void Control(ReadOnlySpan<byte> batch, in RecordBatchHeader header, HashSet<long> aborted)
    {
        var records = batch[RecordBatchHeader.Size..];
        RawRecord.TryRead(ref records, out var record).ShouldBeTrue();
        if (record.Key[3] == 0) aborted.Remove(header.ProducerId);
    }

    private static void Records(ReadOnlySpan<byte> batch, in RecordBatchHeader header, List<Read> found)
    {
        if (header.RecordCount == 0) return;
        using var content = RecordCompression.Decompress(header, batch)!;
        var records = content.Span;
        int count = 0;
        while (RawRecord.TryRead(ref records, out var record))
        {
            count++;
            var value = record.Content;
            RecordReader.TryReadVarInt(ref value, out long keyLength).ShouldBeTrue();
            value = value[(int)Math.Max(0, keyLength)..];
            RecordReader.TryReadVarInt(ref value, out long valueLength).ShouldBeTrue();
            found.Add(new Read(
                header.BaseOffset + record.OffsetDelta,
                record.HasKey ? Encoding.UTF8.GetString(record.Key) : null,
                record.IsTombstone ? null : Encoding.UTF8.GetString(value[..(int)valueLength]),
                header.BaseTimestamp + record.TimestampDelta));
        }

        records.IsEmpty.ShouldBeTrue();
        count.ShouldBe(header.RecordCount);
    }
}
