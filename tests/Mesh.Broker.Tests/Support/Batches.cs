using System.Buffers.Binary;
using Mesh.Broker.Protocol;

namespace Mesh.Broker.Tests.Support;

/// <summary>Record batches as a client would send them.</summary>
internal static class Batches
{
    /// <summary>A batch of one record, of an idempotent producer when <paramref name="producerId"/> is given.</summary>
    public static byte[] One(string value, long timestampMs = 1_000, long producerId = -1, short epoch = 0, int sequence = 0)
    {
        byte[] batch = RecordBatchBuilder.Single("k"u8, System.Text.Encoding.UTF8.GetBytes(value), timestampMs);
        if (producerId < 0) return batch;
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(43), producerId);
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(51), epoch);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(53), sequence);
        return Seal(batch);
    }

    /// <summary>A batch of several records, a second apart, as any client would send it.</summary>
    public static byte[] Of(
        IReadOnlyList<(string? Key, string? Value)> records, long timestampMs = 1_000, long producerId = -1, short epoch = 0, int sequence = 0, bool transactional = false, int codec = 0)
    {
        using var plain = new PooledBytes(1024);
        for (int i = 0; i < records.Count; i++)
        {
            using var body = new PooledBytes(1024);
            body.Append([0]);
            body.AppendVarInt(i * 1_000);
            body.AppendVarInt(i);
            Append(body, records[i].Key);
            Append(body, records[i].Value);
            body.AppendVarInt(0);
            plain.AppendVarInt(body.Length);
            plain.Append(body.Span);
        }

        using var batch = new PooledBytes(1024);
        batch.Append(RecordBatchBuilder.Single([], [], timestampMs).AsSpan(0, RecordBatchHeader.Size));
        RecordCompression.TryCompress(codec, plain.Span, batch).ShouldBeTrue();
        byte[] bytes = batch.Span.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(8), bytes.Length - 12);
        bytes[22] = (byte)(codec | (transactional ? 0x10 : 0));
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(23), records.Count - 1);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(35), timestampMs + ((records.Count - 1) * 1_000));
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(57), records.Count);
        if (producerId < 0) return Seal(bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(43), producerId);
        BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(51), epoch);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(53), sequence);
        return Seal(bytes);

        static void Append(PooledBytes target, string? text)
        {
            byte[]? utf8 = text is null ? null : System.Text.Encoding.UTF8.GetBytes(text);
            target.AppendVarInt(utf8?.Length ?? -1);
            target.Append(utf8);
        }
    }

    /// <summary>Makes the checksum right again.</summary>
    public static byte[] Seal(byte[] batch)
    {
        BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(17), Crc32C.Compute(batch.AsSpan(RecordBatchHeader.ChecksummedFrom)));
        return batch;
    }
}
