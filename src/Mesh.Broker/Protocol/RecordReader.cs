using System.Diagnostics.CodeAnalysis;

namespace Mesh.Broker.Protocol;

/// <summary>Reads single records out of an uncompressed batch (Kafka message format, "Record").</summary>
internal static class RecordReader
{
    /// <summary>One record; null key or value as on the wire.</summary>
    public readonly record struct Record(long TimestampDelta, int OffsetDelta, byte[]? Key, byte[]? Value);

    public static bool TryReadVarInt(ref ReadOnlySpan<byte> data, out long value)
    {
        ulong raw = 0;
        value = 0;
        for (int i = 0; i < Math.Min(data.Length, 10); i++)
        {
            raw |= (ulong)(data[i] & 0x7f) << (7 * i);
            if ((data[i] & 0x80) != 0) continue;
            data = data[(i + 1)..];
            value = (long)(raw >> 1) ^ -(long)(raw & 1);
            return true;
        }

        return false;
    }

    /// <summary>Reads the next record and advances; headers are skipped.</summary>
    /// <param name="records">The rest of the batch, starting at a record.</param>
    /// <param name="withContent">Whether key and value are copied out.</param>
    /// <param name="record">The record.</param>
    public static bool TryRead(ref ReadOnlySpan<byte> records, bool withContent, [NotNullWhen(true)] out Record? record)
    {
        record = null;
        if (!TryReadVarInt(ref records, out long length) || length < 1 || length > records.Length) return false;
        var body = records[1..(int)length];
        records = records[(int)length..];
        if (!TryReadVarInt(ref body, out long timestampDelta) || !TryReadVarInt(ref body, out long offsetDelta)) return false;
        byte[]? key = null, value = null;
        if (withContent && (!TryReadBytes(ref body, out key) || !TryReadBytes(ref body, out value))) return false;
        record = new Record(timestampDelta, (int)offsetDelta, key, value);
        return true;
    }

    private static bool TryReadBytes(ref ReadOnlySpan<byte> data, out byte[]? bytes)
    {
        bytes = null;
        if (!TryReadVarInt(ref data, out long length) || length > data.Length) return false;
        if (length < 0) return true;
        bytes = data[..(int)length].ToArray();
        data = data[(int)length..];
        return true;
    }
}
