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

    /// <summary>Makes the checksum right again.</summary>
    public static byte[] Seal(byte[] batch)
    {
        BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(17), Crc32C.Compute(batch.AsSpan(RecordBatchHeader.ChecksummedFrom)));
        return batch;
    }
}
