namespace Mesh.Broker.Protocol;

/// <summary>One record of a decompressed batch, in place (Kafka message format, "Record").</summary>
internal readonly ref struct RawRecord
{
    /// <summary>The record's attributes byte and everything after its offset delta, as they stand.</summary>
    public required byte Attributes { get; init; }

    public required long TimestampDelta { get; init; }

    public required long OffsetDelta { get; init; }

    public required bool HasKey { get; init; }

    public required ReadOnlySpan<byte> Key { get; init; }

    /// <summary>A record without a value says that its key is gone.</summary>
    public required bool IsTombstone { get; init; }

    /// <summary>All of the record, with its length.</summary>
    public required ReadOnlySpan<byte> Bytes { get; init; }

    /// <summary>Key, value and headers as on the wire.</summary>
    public required ReadOnlySpan<byte> Content { get; init; }

    /// <summary>Reads the next record and advances.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> records, out RawRecord record)
    {
        record = default;
        var start = records;
        if (!RecordReader.TryReadVarInt(ref records, out long length) || length < 1 || length > records.Length) return false;
        var body = records[1..(int)length];
        byte attributes = records[0];
        records = records[(int)length..];
        if (!RecordReader.TryReadVarInt(ref body, out long timestampDelta) || !RecordReader.TryReadVarInt(ref body, out long offsetDelta)) return false;
        var content = body;
        if (!RecordReader.TryReadVarInt(ref body, out long keyLength) || keyLength > body.Length) return false;
        var key = keyLength > 0 ? body[..(int)keyLength] : default;
        if (keyLength > 0) body = body[(int)keyLength..];
        if (!RecordReader.TryReadVarInt(ref body, out long valueLength) || valueLength > body.Length) return false;
        record = new RawRecord
        {
            Attributes = attributes,
            TimestampDelta = timestampDelta,
            OffsetDelta = offsetDelta,
            HasKey = keyLength >= 0,
            Key = key,
            IsTombstone = valueLength < 0,
            Bytes = start[..(start.Length - records.Length)],
            Content = content,
        };
        return true;
    }
}
