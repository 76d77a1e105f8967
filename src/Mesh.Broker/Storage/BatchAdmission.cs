using Mesh.Broker.Protocol;

namespace Mesh.Broker.Storage;

/// <summary>Decides whether a valid batch fits its topic's settings.</summary>
internal static class BatchAdmission
{
    public static ErrorCode Check(ReadOnlySpan<byte> batch, in RecordBatchHeader header, LogSettings settings)
    {
        if (batch.Length > settings.MaxMessageBytes) return ErrorCode.MessageTooLarge;
        bool timed = LimitsTimes(settings);
        if (!timed && !settings.Compact) return ErrorCode.None;

        // Retention goes by what the header says, whatever the records say.
        long now = settings.NowMs;
        if (timed && header.MaxTimestamp - now > settings.MaxTimestampAhead.TotalMilliseconds) return ErrorCode.InvalidTimestamp;
        using var content = RecordCompression.Decompress(header, batch, settings.MaxExpandedBytes);
        if (content is null) return ErrorCode.InvalidRecord;
        var records = content.Span;
        for (int i = 0; i < header.RecordCount; i++)
        {
            if (!RawRecord.TryRead(ref records, out var record) || record.OffsetDelta < 0 || record.OffsetDelta > header.LastOffsetDelta) return ErrorCode.InvalidRecord;
            if (timed && !Near(header.BaseTimestamp + record.TimestampDelta, now, settings)) return ErrorCode.InvalidTimestamp;

            // Compaction could never replace it.
            if (settings.Compact && !record.HasKey) return ErrorCode.InvalidRecord;
        }

        return records.IsEmpty ? ErrorCode.None : ErrorCode.InvalidRecord;
    }

    /// <summary>Positions in the batch of the records it was refused for, so that its sender can send the others again; none when it cannot be read.</summary>
    /// <param name="batch">A batch that was refused.</param>
    /// <param name="header">Its header.</param>
    /// <param name="settings">The topic's settings.</param>
    /// <param name="error">Why it was refused.</param>
    public static IReadOnlyList<int> RefusedRecords(ReadOnlySpan<byte> batch, in RecordBatchHeader header, LogSettings settings, ErrorCode error)
    {
        bool byKey = error == ErrorCode.InvalidRecord && settings.Compact;
        if (!byKey && error != ErrorCode.InvalidTimestamp) return [];
        using var content = RecordCompression.Decompress(header, batch, settings.MaxExpandedBytes);
        if (content is null) return [];
        var records = content.Span;
        var positions = new List<int>();
        long now = settings.NowMs;
        for (int i = 0; i < header.RecordCount; i++)
        {
            if (!RawRecord.TryRead(ref records, out var record)) return [];
            if (byKey ? !record.HasKey : !Near(header.BaseTimestamp + record.TimestampDelta, now, settings)) positions.Add(i);
        }

        return positions;
    }

    private static bool LimitsTimes(LogSettings settings) =>
        !settings.LogAppendTime && (settings.MaxTimestampAhead != TimeSpan.MaxValue || settings.MaxTimestampBehind != TimeSpan.MaxValue);

    private static bool Near(long timestampMs, long now, LogSettings settings) =>
        timestampMs - now <= settings.MaxTimestampAhead.TotalMilliseconds && now - timestampMs <= settings.MaxTimestampBehind.TotalMilliseconds;
}
