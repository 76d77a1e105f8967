using System.Globalization;
using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.Mcap;

/// <summary>Reads the summary section that the footer points to.</summary>
internal static class McapSummaryReader
{
    private const int FooterBytes = McapRecordLexer.PrefixBytes + McapFooterRecord.ContentBytes;

    // One or few reads for the whole section, which an object store answers one by one.
    private const int MaxReadBytes = 4 << 20;

    // Message index offsets kept, over all chunks: 10 bytes for each chunk and channel. Without them a chunk is read to know what is in it.
    private const long MaxMessageIndexBytes = 32 << 20;

    /// <summary>Reads the summary and adds its definitions.</summary>
    /// <returns>Null when the file has none that can be used; the reason is in <paramref name="losses"/> unless there simply is none.</returns>
    public static async ValueTask<McapSummary?> ReadAsync(
        IByteSource source, McapReaderOptions options, McapDefinitions definitions, McapLosses losses, CancellationToken cancellationToken,
        bool keepMessageIndexes = true)
    {
        long footerOffset = source.Length - McapRecordLexer.Magic.Length - FooterBytes;
        byte[] tail = new byte[FooterBytes + McapRecordLexer.Magic.Length];
        if (footerOffset < McapRecordLexer.Magic.Length
            || await source.ReadAtAsync(footerOffset, tail, cancellationToken).ConfigureAwait(false) != tail.Length
            || !TryReadFooter(tail, out var footer))
        {
            losses.Add(McapLosses.Truncated, Math.Max(0, footerOffset), 0, "a footer and the closing magic at the end of the file", "none");
            return null;
        }

        if (footer.SummaryStart == 0) return null;
        if (footer.SummaryStart > (ulong)footerOffset)
        {
            losses.Add(McapLosses.Summary, footerOffset, 0, "a summary that starts before the footer",
                string.Create(CultureInfo.InvariantCulture, $"summary_start {footer.SummaryStart:N0}"));
            return null;
        }

        var summary = new McapSummary { Start = (long)footer.SummaryStart };
        int readBytes = (int)Math.Min(MaxReadBytes, Math.Max(1, footerOffset - summary.Start));
        using var window = new SourceWindow(source, summary.Start, footerOffset, readBytes);
        long messageIndexBytes = keepMessageIndexes ? 0 : MaxMessageIndexBytes;
        uint crc = 0;
        while (window.Remaining > 0)
        {
            if (!await window.EnsureAsync(McapRecordLexer.PrefixBytes, cancellationToken).ConfigureAwait(false)
                || !McapRecordLexer.TryReadPrefix(window.Span, out var opcode, out ulong length)
                || opcode == McapOpcode.Invalid
                || length > (ulong)Math.Min(options.MaxRecordBytes, window.Remaining - McapRecordLexer.PrefixBytes)
                || !await window.EnsureAsync(McapRecordLexer.PrefixBytes + (int)length, cancellationToken).ConfigureAwait(false)
                || !TryTake(new McapRecord(opcode, window.Span.Slice(McapRecordLexer.PrefixBytes, (int)length)), summary, definitions, window.Position, losses, ref messageIndexBytes))
            {
                losses.Add(McapLosses.Summary, window.Position, window.Remaining, "a record of the summary section", "something else");
                return null;
            }

            int total = McapRecordLexer.PrefixBytes + (int)length;
            if (options.CheckCrc) crc = Crc32.Append(crc, window.Span[..total]);
            window.Advance(total);
        }

        crc = Crc32.Append(crc, tail.AsSpan(0, FooterBytes - sizeof(uint)));
        if (options.CheckCrc && footer.SummaryCrc != 0 && footer.SummaryCrc != crc)
        {
            losses.Add(McapLosses.Summary, (long)footer.SummaryStart, footerOffset - (long)footer.SummaryStart,
                string.Create(CultureInfo.InvariantCulture, $"CRC-32 {footer.SummaryCrc:x8} of the summary"), string.Create(CultureInfo.InvariantCulture, $"{crc:x8}"));
            return null;
        }

        summary.Schemas = definitions.Schemas;
        return summary;
    }

    private static bool TryReadFooter(ReadOnlySpan<byte> tail, out McapFooterRecord footer)
    {
        footer = default;
        return tail[FooterBytes..].SequenceEqual(McapRecordLexer.Magic)
            && McapRecordLexer.TryReadPrefix(tail, out var opcode, out ulong length)
            && opcode == McapOpcode.Footer && length == McapFooterRecord.ContentBytes
            && McapFooterRecord.TryParse(tail[McapRecordLexer.PrefixBytes..FooterBytes], out footer);
    }

    private static bool TryTake(McapRecord record, McapSummary summary, McapDefinitions definitions, long offset, McapLosses losses, ref long messageIndexBytes)
    {
        switch (record.Opcode)
        {
            case McapOpcode.Schema:
                definitions.AddSchema(record.Content, offset, losses);
                return true;
            case McapOpcode.Channel:
                // Schemas of the summary come before its channels; without them the data section must say.
                return definitions.AddChannel(record.Content, offset, losses) || true;
            case McapOpcode.Statistics:
                if (!McapStatistics.TryParse(record.Content, out var statistics)) return false;
                summary.Statistics = statistics;
                return true;
            case McapOpcode.ChunkIndex:
                if (!McapChunkIndex.TryParse(record.Content, out var chunk, messageIndexBytes < MaxMessageIndexBytes)) return false;
                messageIndexBytes += chunk.MessageIndexOffsets.Count * McapMessageIndexOffsets.EntryBytes;
                summary.Chunks.Add(chunk);
                return true;
            case McapOpcode.AttachmentIndex:
                if (!McapAttachmentIndex.TryParse(record.Content, out var attachment)) return false;
                summary.Attachments.Add(attachment);
                return true;
            case McapOpcode.MetadataIndex:
                if (!McapMetadataIndex.TryParse(record.Content, out var metadata)) return false;
                summary.Metadata.Add(metadata);
                return true;
            default:
                return true;
        }
    }
}
