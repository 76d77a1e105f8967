using Mesh.Broker.Protocol;

namespace Mesh.Broker.Storage;

/// <summary>Decides whether a valid batch fits its topic's settings.</summary>
internal static class BatchAdmission
{
    public static ErrorCode Check(ReadOnlySpan<byte> batch, in RecordBatchHeader header, LogSettings settings)
    {
        if (batch.Length > settings.MaxMessageBytes) return ErrorCode.MessageTooLarge;
        if (!settings.LogAppendTime && (settings.MaxTimestampAhead != TimeSpan.MaxValue || settings.MaxTimestampBehind != TimeSpan.MaxValue))
        {
            // The header bounds the records' times from above; from below its base time stands for them.
            long now = settings.NowMs;
            if (header.MaxTimestamp - now > settings.MaxTimestampAhead.TotalMilliseconds) return ErrorCode.InvalidTimestamp;
            if (now - header.BaseTimestamp > settings.MaxTimestampBehind.TotalMilliseconds) return ErrorCode.InvalidTimestamp;
        }

        return settings.Compact && !AllHaveKeys(batch, header) ? ErrorCode.InvalidRecord : ErrorCode.None;
    }

    /// <summary>Positions in the batch of the records without a key, for the sender of a refused batch; none when it cannot be read.</summary>
    public static IReadOnlyList<int> RecordsWithoutKey(ReadOnlySpan<byte> batch, in RecordBatchHeader header)
    {
        using var content = RecordCompression.Decompress(header, batch);
        if (content is null) return [];
        var records = content.Span;
        var positions = new List<int>();
        for (int i = 0; i < header.RecordCount; i++)
        {
            if (!RawRecord.TryRead(ref records, out var record)) return [];
            if (!record.HasKey) positions.Add(i);
        }

        return positions;
    }

    /// <summary>Compaction could never replace a record without a key.</summary>
    private static bool AllHaveKeys(ReadOnlySpan<byte> batch, in RecordBatchHeader header)
    {
        using var content = RecordCompression.Decompress(header, batch);
        if (content is null) return false;
        var records = content.Span;
        for (int i = 0; i < header.RecordCount; i++)
        {
            if (!RawRecord.TryRead(ref records, out var record) || !record.HasKey || record.OffsetDelta < 0 || record.OffsetDelta > header.LastOffsetDelta) return false;
        }

        return records.IsEmpty;
    }
}
