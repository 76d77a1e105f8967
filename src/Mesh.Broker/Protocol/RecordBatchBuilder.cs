using System.Buffers.Binary;

namespace Mesh.Broker.Protocol;

/// <summary>Builds the batch of one record that the broker itself writes, for example a registered schema.</summary>
internal static class RecordBatchBuilder
{
    public static byte[] Single(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long timestampMs, bool isTombstone = false)
    {
        var body = new List<byte>(key.Length + value.Length + 16) { 0 };
        VarInt(body, 0);
        VarInt(body, 0);
        VarInt(body, key.Length);
        body.AddRange(key);
        VarInt(body, isTombstone ? -1 : value.Length);
        body.AddRange(value);
        VarInt(body, 0);

        var record = new List<byte>(body.Count + 5);
        VarInt(record, body.Count);
        record.AddRange(body);

        byte[] batch = new byte[RecordBatchHeader.Size + record.Count];
        record.CopyTo(batch, RecordBatchHeader.Size);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - RecordBatchHeader.LengthPrefix);
        batch[16] = 2;
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(27), timestampMs);
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(35), timestampMs);
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(43), -1);
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(51), -1);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(53), -1);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(57), 1);
        BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(17), Crc32C.Compute(batch.AsSpan(RecordBatchHeader.ChecksummedFrom)));
        return batch;
    }

    /// <summary>The control batch that ends a producer's transaction (KIP-98): key version and type, value version and coordinator epoch.</summary>
    public static byte[] Marker(long producerId, short producerEpoch, bool commit, long timestampMs)
    {
        byte[] batch = Single([0, 0, 0, commit ? (byte)1 : (byte)0], [0, 0, 0, 0, 0, 0], timestampMs);
        batch[22] = RecordBatchHeader.TransactionalBit | RecordBatchHeader.ControlBit;
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(43), producerId);
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(51), producerEpoch);
        RecordBatchHeader.Seal(batch);
        return batch;
    }

    private static void VarInt(List<byte> output, long value)
    {
        ulong raw = (ulong)((value << 1) ^ (value >> 63));
        for (; raw >= 0x80; raw >>= 7) output.Add((byte)(raw | 0x80));
        output.Add((byte)raw);
    }
}
