using System.Buffers.Binary;
using Mesh.Broker.Protocol;

namespace Mesh.Benchmarks.Broker;

/// <summary>Record batches v2 made beforehand, so that the load generator's own work does not count.</summary>
internal static class RecordBatch
{
    public const int HeaderBytes = 61;

    /// <param name="valueBytes">Size of each value.</param>
    /// <param name="records">Records in the batch.</param>
    public static byte[] Create(int valueBytes, int records)
    {
        using var body = new MemoryStream();
        byte[] value = new byte[valueBytes];
        new Random(1).NextBytes(value);
        for (int i = 0; i < records; i++)
        {
            using var record = new MemoryStream();
            record.WriteByte(0);
            VarInt(record, 0);
            VarInt(record, i);
            VarInt(record, -1);
            VarInt(record, valueBytes);
            record.Write(value);
            VarInt(record, 0);
            VarInt(body, record.Length);
            record.WriteTo(body);
        }

        byte[] batch = new byte[HeaderBytes + body.Length];
        body.ToArray().CopyTo(batch, HeaderBytes);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - 12);
        batch[16] = 2;
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(23), records - 1);
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(27), now);
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(35), now);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(57), records);
        Number(batch, producerId: -1, sequence: -1);
        return batch;
    }

    /// <summary>Makes it the batch of an idempotent producer, or of none (-1).</summary>
    public static void Number(byte[] batch, long producerId, int sequence)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(43), producerId);
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(51), producerId < 0 ? (short)-1 : (short)0);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(53), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(17), Crc32C.Compute(batch.AsSpan(21)));
    }

    private static void VarInt(Stream output, long value)
    {
        ulong raw = (ulong)((value << 1) ^ (value >> 63));
        for (; raw >= 0x80; raw >>= 7) output.WriteByte((byte)(raw | 0x80));
        output.WriteByte((byte)raw);
    }
}
