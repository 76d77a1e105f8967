using System.Globalization;
using Mesh.Model;

namespace Mesh.Formats.Mcap;

/// <summary>Puts together what a recording says about itself: header, summary section, and the metadata records it points to.</summary>
internal static class McapSummaries
{
    // More would be a table of its own, not a description of the recording.
    private const int MaxMetadataRecords = 10_000;
    private const int MaxMetadataBytes = 16 << 20;
    private const int HeaderBytes = 64 << 10;

    /// <param name="source">The recording.</param>
    /// <param name="options">Limits.</param>
    /// <param name="definitions">The reader's; the summary's channels are added, so that indexes agree.</param>
    /// <param name="extras">What reading the whole recording came across; null when that has not been done.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async ValueTask<RecordingSummary?> ReadAsync(
        IByteSource source, McapReaderOptions options, McapDefinitions definitions, McapExtras? extras, CancellationToken cancellationToken)
    {
        // Damage of the summary is reported by reading, once.
        var summary = await McapSummaryReader.ReadAsync(source, options, definitions, new McapLosses(1), cancellationToken, keepMessageIndexes: false).ConfigureAwait(false);
        if (extras is null && (summary is null || !IsUsable(summary, definitions))) return null;
        return await BuildAsync(source, summary ?? new McapSummary(), definitions, extras, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>As <see cref="ReadAsync"/>, from a summary section that has been read.</summary>
    public static async ValueTask<RecordingSummary> BuildAsync(
        IByteSource source, McapSummary summary, McapDefinitions definitions, McapExtras? extras, CancellationToken cancellationToken)
    {
        var statistics = summary.Statistics;
        var counts = new long?[definitions.Channels.Count];
        if (statistics is not null && (statistics.ChannelMessageCounts.Count > 0 || statistics.MessageCount == 0))
        {
            counts.AsSpan().Fill(0);
            foreach (var (id, count) in statistics.ChannelMessageCounts)
            {
                int index = definitions.IndexOf(id);
                if (index >= 0) counts[index] = (long)Math.Min(count, long.MaxValue);
            }
        }

        var filled = summary.Chunks.Where(chunk => chunk.MessageEndTimeNs != 0).ToList();
        bool hasTimes = statistics is not null ? statistics.MessageCount > 0 : filled.Count > 0;
        return new RecordingSummary
        {
            Version = "0",
            Messages = statistics is null ? null : (long)Math.Min(statistics.MessageCount, long.MaxValue),
            StartTimeNs = hasTimes ? statistics?.MessageStartTimeNs ?? filled.Min(chunk => chunk.MessageStartTimeNs) : null,
            EndTimeNs = hasTimes ? statistics?.MessageEndTimeNs ?? filled.Max(chunk => chunk.MessageEndTimeNs) : null,
            Channels = [.. definitions.Channels.Select((channel, i) => new ChannelSummary(channel, counts[i]))],
            Attachments = await AttachmentsAsync(source, summary, extras, cancellationToken).ConfigureAwait(false),
            Metadata = await MetadataAsync(source, summary, extras, cancellationToken).ConfigureAwait(false),
        };
    }

    // Channels are what a summary is asked for first: one that leaves them out is none.
    private static bool IsUsable(McapSummary summary, McapDefinitions definitions) =>
        definitions.Channels.Count >= (summary.Statistics?.ChannelCount ?? 1) || (summary.Statistics is null && summary.Chunks.Count == 0 && summary.Attachments.Count > 0);

    private static async ValueTask<IReadOnlyList<RecordingAttachment>> AttachmentsAsync(
        IByteSource source, McapSummary summary, McapExtras? extras, CancellationToken cancellationToken)
    {
        List<RecordingAttachment> attachments = [];
        foreach (var index in summary.Attachments)
        {
            if (index.Offset > long.MaxValue || index.DataSize > long.MaxValue) continue;
            attachments.Add(new RecordingAttachment(index.Name, index.MediaType, index.LogTimeNs, index.CreateTimeNs, (long)index.DataSize, (long)index.Offset));
        }

        foreach (var (opcode, position, _) in extras?.Noted ?? [])
        {
            if (opcode != McapOpcode.Attachment || attachments.Exists(known => known.Position == position)) continue;
            if (await McapAttachments.TryReadHeadAsync(source, position, cancellationToken).ConfigureAwait(false) is { } head)
            {
                attachments.Add(new RecordingAttachment(head.Name, head.MediaType, head.LogTime, head.CreateTime, head.DataLength, position));
            }
        }

        return attachments;
    }

    private static async ValueTask<IReadOnlyList<RecordingMetadata>> MetadataAsync(
        IByteSource source, McapSummary summary, McapExtras? extras, CancellationToken cancellationToken)
    {
        List<RecordingMetadata> metadata = [await AboutAsync(source, summary, cancellationToken).ConfigureAwait(false)];
        var places = summary.Metadata.Where(index => index.Offset < (ulong)source.Length && index.Length <= MaxMetadataBytes)
            .Select(index => (Position: (long)index.Offset, Length: (long)index.Length))
            .Concat((extras?.Noted ?? []).Where(extra => extra.Opcode == McapOpcode.Metadata).Select(extra => (extra.Position, extra.Length)))
            .Distinct().OrderBy(place => place.Position);
        long bytes = 0;
        foreach (var (position, length) in places.Take(MaxMetadataRecords))
        {
            bytes += length;
            if (bytes > MaxMetadataBytes || length < McapRecordLexer.PrefixBytes) break;
            byte[] record = new byte[length];
            if (await source.ReadAtAsync(position, record, cancellationToken).ConfigureAwait(false) == record.Length
                && record[0] == (byte)McapOpcode.Metadata
                && McapMetadataRecord.TryParse(record.AsSpan(McapRecordLexer.PrefixBytes), out var parsed))
            {
                metadata.Add(new RecordingMetadata(parsed.Name, parsed.Metadata));
            }
        }

        return metadata;
    }

    /// <summary>What the file itself says: profile, library, chunks and how well they were compressed.</summary>
    private static async ValueTask<RecordingMetadata> AboutAsync(IByteSource source, McapSummary summary, CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, string>();
        byte[] head = new byte[Math.Min(HeaderBytes, source.Length)];
        int read = await source.ReadAtAsync(0, head, cancellationToken).ConfigureAwait(false);
        if (read > McapRecordLexer.Magic.Length + McapRecordLexer.PrefixBytes && head[McapRecordLexer.Magic.Length] == (byte)McapOpcode.Header
            && McapHeaderRecord.TryParse(head.AsSpan(McapRecordLexer.Magic.Length + McapRecordLexer.PrefixBytes), out var header))
        {
            values["profile"] = header.Profile;
            values["library"] = header.Library;
        }

        if (summary.Chunks.Count == 0) return new RecordingMetadata("mcap", values);
        values["chunks"] = summary.Chunks.Count.ToString(CultureInfo.InvariantCulture);
        values["compression"] = string.Join(", ", summary.Chunks.GroupBy(chunk => chunk.Compression.Length == 0 ? "none" : chunk.Compression)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => string.Create(CultureInfo.InvariantCulture, $"{group.Key} ({group.Count()} chunks)")));
        values["compressed_bytes"] = Sum(chunk => chunk.CompressedSize);
        values["uncompressed_bytes"] = Sum(chunk => chunk.UncompressedSize);
        return new RecordingMetadata("mcap", values);

        string Sum(Func<McapChunkIndex, ulong> size) =>
            summary.Chunks.Aggregate(0UL, (sum, chunk) => unchecked(sum + size(chunk))).ToString(CultureInfo.InvariantCulture);
    }
}
