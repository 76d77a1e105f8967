using System.Buffers.Binary;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Storage;

/// <summary>
/// Takes out of one batch the records that later ones replaced. Offsets stay what they were, and so do the batch's first and last one;
/// a batch that loses nothing is left byte for byte.
/// </summary>
internal sealed class BatchFilter(OffsetMap latest, long horizonMs, long nowMs) : IDisposable
{
    private readonly PooledBytes kept = new(64 << 10);
    private readonly PooledBytes rewritten = new(64 << 10);

    /// <summary>What became of a batch.</summary>
    public enum Outcome
    {
        Unchanged,
        Rewritten,
        Empty,
    }

    /// <summary>The batch when the outcome is <see cref="Outcome.Rewritten"/>, or after <see cref="Emptied"/>.</summary>
    public ReadOnlyMemory<byte> Result => rewritten.Memory;

    /// <param name="batch">Batch of a client.</param>
    /// <param name="header">Its header.</param>
    public Outcome Apply(ReadOnlySpan<byte> batch, in RecordBatchHeader header)
    {
        if (header.RecordCount == 0) return Outcome.Empty;
        using var content = RecordCompression.Decompress(header, batch);
        if (content is null) return Outcome.Unchanged;

        // The first compaction that meets a tombstone sets the time at which it may go (KIP-534).
        bool tombstonesGo = header.HasDeleteHorizon && header.BaseTimestamp <= nowMs;
        var (count, tombstones, maxTimestamp) = Survivors(content.Span, header, tombstonesGo);
        if (count < 0) return Outcome.Unchanged;
        if (count == 0) return Outcome.Empty;
        bool needsHorizon = tombstones && !header.HasDeleteHorizon;
        if (count == header.RecordCount && !needsHorizon) return Outcome.Unchanged;

        long baseTimestamp = needsHorizon ? horizonMs : header.BaseTimestamp;
        Collect(content.Span, header, tombstonesGo, baseTimestamp);
        short attributes = needsHorizon ? (short)((ushort)header.Attributes | RecordBatchHeader.DeleteHorizonBit) : header.Attributes;
        long max = (header.Attributes & RecordBatchHeader.LogAppendTimeBit) != 0 ? header.MaxTimestamp : maxTimestamp;
        Write(batch, header, attributes, baseTimestamp, max, count);
        return Outcome.Rewritten;
    }

    /// <summary>Leaves of a batch its header alone, which keeps the producer's sequence number known.</summary>
    public ReadOnlyMemory<byte> Emptied(ReadOnlySpan<byte> batch, in RecordBatchHeader header)
    {
        kept.Length = 0;
        const int codec = 0x07;
        Write(batch, header, (short)(header.Attributes & ~codec), header.BaseTimestamp, header.MaxTimestamp, 0);
        return Result;
    }

    public void Dispose()
    {
        kept.Dispose();
        rewritten.Dispose();
    }

    /// <returns>Count -1 when the records do not hold together: such a batch is left alone.</returns>
    private (int Count, bool Tombstones, long MaxTimestamp) Survivors(ReadOnlySpan<byte> records, in RecordBatchHeader header, bool tombstonesGo)
    {
        int count = 0, total = 0;
        bool tombstones = false;
        long max = long.MinValue;
        for (; !records.IsEmpty; total++)
        {
            if (!RawRecord.TryRead(ref records, out var record)) return (-1, false, 0);
            if (!Survives(record, header, tombstonesGo)) continue;
            count++;
            tombstones |= record.IsTombstone;
            max = Math.Max(max, header.BaseTimestamp + record.TimestampDelta);
        }

        return total == header.RecordCount ? (count, tombstones, max) : (-1, false, 0);
    }

    private bool Survives(in RawRecord record, in RecordBatchHeader header, bool tombstonesGo)
    {
        // Records without a key are from before the topic was compacted; nothing can replace them, so they go as in Kafka.
        if (!record.HasKey) return false;
        if (latest.Get(record.Key) > header.BaseOffset + record.OffsetDelta) return false;
        return !(record.IsTombstone && tombstonesGo);
    }

    private void Collect(ReadOnlySpan<byte> records, in RecordBatchHeader header, bool tombstonesGo, long baseTimestamp)
    {
        kept.Length = 0;
        long shift = header.BaseTimestamp - baseTimestamp;
        while (RawRecord.TryRead(ref records, out var record))
        {
            if (!Survives(record, header, tombstonesGo)) continue;
            if (shift == 0)
            {
                kept.Append(record.Bytes);
                continue;
            }

            long delta = record.TimestampDelta + shift;
            kept.AppendVarInt(1 + VarIntBytes(delta) + VarIntBytes(record.OffsetDelta) + record.Content.Length);
            kept.Append([record.Attributes]);
            kept.AppendVarInt(delta);
            kept.AppendVarInt(record.OffsetDelta);
            kept.Append(record.Content);
        }
    }

    private void Write(ReadOnlySpan<byte> batch, in RecordBatchHeader header, short attributes, long baseTimestamp, long maxTimestamp, int count)
    {
        const int codec = 0x07;
        rewritten.Length = 0;
        rewritten.Append(batch[..RecordBatchHeader.Size]);
        if (!RecordCompression.TryCompress(attributes & codec, kept.Span, rewritten))
        {
            // A machine without the codec's library keeps the records as they are.
            attributes = (short)(attributes & ~codec);
            rewritten.Append(kept.Span);
        }

        var whole = rewritten.Whole[..rewritten.Length];
        BinaryPrimitives.WriteInt32BigEndian(whole[8..], whole.Length - RecordBatchHeader.LengthPrefix);
        BinaryPrimitives.WriteInt16BigEndian(whole[21..], attributes);
        BinaryPrimitives.WriteInt64BigEndian(whole[27..], baseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(whole[35..], maxTimestamp);
        BinaryPrimitives.WriteInt32BigEndian(whole[57..], count);
        RecordBatchHeader.Seal(whole);
    }

    private static int VarIntBytes(long value)
    {
        int bytes = 1;
        for (ulong raw = (ulong)((value << 1) ^ (value >> 63)); raw >= 0x80; raw >>= 7) bytes++;
        return bytes;
    }
}
