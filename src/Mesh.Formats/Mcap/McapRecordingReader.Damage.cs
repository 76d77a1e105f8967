using System.Globalization;

namespace Mesh.Formats.Mcap;

/// <summary>What is done where the bytes are no record, and at the end of the file.</summary>
public sealed partial class McapRecordingReader
{
    // A chunk's or attachment's fields before its bytes; names longer than this make it undecidable, not wrong.
    private const int HeadBytes = 4096;

    /// <summary>No record fits here: the file ends inside one, or damage begins.</summary>
    private async ValueTask RecoverAsync(McapOpcode opcode, ulong length, CancellationToken cancellationToken)
    {
        long offset = window.Position;
        long left = window.Remaining - McapRecordLexer.PrefixBytes;
        if (opcode == McapOpcode.Chunk) resync.RecordingHasChunks = true;
        if (opcode is McapOpcode.Chunk or McapOpcode.Attachment)
        {
            int head = (int)Math.Min(left, HeadBytes);
            await window.EnsureAsync(McapRecordLexer.PrefixBytes + head, cancellationToken).ConfigureAwait(false);
            var content = window.Span[McapRecordLexer.PrefixBytes..];

            // Inner and outer lengths agree: both are right and the file is too short.
            if (opcode == McapOpcode.Attachment && McapResync.IsAttachment(content, length))
            {
                EndTruncated(window.Remaining, string.Create(CultureInfo.InvariantCulture, $"an attachment record of {length:N0} bytes"), $"{left:N0}");
                return;
            }

            if (opcode == McapOpcode.Chunk && McapResync.IsChunk(content, length))
            {
                await SalvageChunkAsync(left, cancellationToken).ConfigureAwait(false);
                return;
            }

            if (opcode == McapOpcode.Chunk && await TryReadByInnerLengthAsync(length, cancellationToken).ConfigureAwait(false)) return;
        }

        long next = await resync.FindAsync(offset + 1, cancellationToken).ConfigureAwait(false);
        if (next < 0 && opcode is >= McapOpcode.Header and <= McapOpcode.DataEnd && length <= (ulong)options.MaxRecordBytes)
        {
            EndTruncated(window.Remaining, string.Create(CultureInfo.InvariantCulture, $"a {opcode} record of {length:N0} bytes"), $"{left:N0}");
            return;
        }

        ResumeAt(next, McapLosses.NotARecord, "a record",
            string.Create(CultureInfo.InvariantCulture, $"opcode 0x{(byte)opcode:x2} with a length of {length:N0}, {left:N0} bytes before the end of the file"));
    }

    /// <summary>Only the record's length is damaged when the chunk's own sizes lead to the next record: the chunk's CRC then decides.</summary>
    private async ValueTask<bool> TryReadByInnerLengthAsync(ulong claimed, CancellationToken cancellationToken)
    {
        long inner = McapResync.ChunkLength(window.Span[McapRecordLexer.PrefixBytes..]);
        long total = McapRecordLexer.PrefixBytes + inner;
        if (inner == 0 || total > Math.Min(window.Remaining, options.MaxRecordBytes)
            || !await resync.IsPlausibleAsync(window.Position + total, cancellationToken).ConfigureAwait(false)
            || !await window.EnsureAsync((int)total, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        losses.Add(McapLosses.NotARecord, window.Position, 0, string.Create(CultureInfo.InvariantCulture, $"a chunk record of {inner:N0} bytes"),
            string.Create(CultureInfo.InvariantCulture, $"a length of {claimed:N0}"));
        sectionIsWhole = false;
        if (await TakeChunkAsync((int)total, cancellationToken).ConfigureAwait(false) is { } chunk)
        {
            current = chunk;
            chunk.Unpack();
            await ResolveAsync(chunk, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>The file ends inside a chunk: the whole messages that are there are kept, compressed or not.</summary>
    private async ValueTask SalvageChunkAsync(long left, CancellationToken cancellationToken)
    {
        long offset = window.Position;
        if (left > options.MaxRecordBytes)
        {
            EndTruncated(window.Remaining, "the whole of a chunk", string.Create(CultureInfo.InvariantCulture, $"{left:N0} bytes, which are more than the limit"));
            return;
        }

        var chunk = spare.TryPop(out var used) ? used : new McapChunk(options);
        window.Advance(McapRecordLexer.PrefixBytes);
        var content = chunk.Reserve(offset, (int)left, cut: true);
        int taken = await window.TakeAsync(content, cancellationToken).ConfigureAwait(false);
        ended = true;
        if (taken < left || !chunk.TryParse())
        {
            spare.Push(chunk);
            losses.Add(McapLosses.Truncated, offset, source.Length - offset, "the fields of a chunk", "the end of the file");
            return;
        }

        chunk.Unpack();
        current = chunk;

        // A file without its end has no summary to ask.
        definitions.SummaryConsulted = true;
        chunk.TryResolve(definitions, losses);
        if (losses.Entries.Count == 0 || losses.Entries[^1].Code != McapLosses.Truncated)
        {
            losses.Add(McapLosses.Truncated, source.Length, 0, "the rest of a chunk", "the end of the file");
        }
    }

    private async ValueTask EndAtFooterAsync(int total, CancellationToken cancellationToken)
    {
        long offset = window.Position;
        bool hasMagic = await window.EnsureAsync(total + McapRecordLexer.Magic.Length, cancellationToken).ConfigureAwait(false);
        bool isFooter = McapFooterRecord.TryParse(window.Span[McapRecordLexer.PrefixBytes..total], out var footer);
        if (!isFooter || (hasMagic && !window.Span[total..].StartsWith(McapRecordLexer.Magic)))
        {
            long next = await resync.FindAsync(offset + 1, cancellationToken).ConfigureAwait(false);
            ResumeAt(next, McapLosses.NotARecord, "a footer followed by the closing magic", "other bytes");
            return;
        }

        if (!hasMagic)
        {
            EndTruncated(window.Remaining - total, "the closing magic", "the end of the file");
            return;
        }

        CheckSummary(footer, offset);
        window.Advance(total + McapRecordLexer.Magic.Length);
        ended = true;
        if (window.Remaining > 0) losses.Add(McapLosses.TrailingBytes, window.Position, window.Remaining, "the end of the file after the closing magic", "more bytes");
    }

    private void CheckSummary(in McapFooterRecord footer, long footerOffset)
    {
        if (footer.SummaryStart > (ulong)footerOffset)
        {
            losses.Add(McapLosses.Summary, footerOffset, 0, "a summary that starts before the footer",
                string.Create(CultureInfo.InvariantCulture, $"summary_start {footer.SummaryStart:N0}"));
            return;
        }

        if (footer.SummaryCrc == 0 || !sectionIsWhole || (footer.SummaryStart != 0 && footer.SummaryStart != (ulong)summaryStart)) return;
        uint crc = Crc32.Append(footer.SummaryStart == 0 ? 0 : sectionCrc, window.Span[..(McapRecordLexer.PrefixBytes + McapFooterRecord.ContentBytes - sizeof(uint))]);
        if (crc == footer.SummaryCrc) return;
        losses.Add(McapLosses.Summary, (long)footer.SummaryStart, 0,
            string.Create(CultureInfo.InvariantCulture, $"CRC-32 {footer.SummaryCrc:x8} of the summary"), string.Create(CultureInfo.InvariantCulture, $"{crc:x8}"));
    }

    /// <summary>Reports the bytes from here to <paramref name="next"/>, or to the end when it is negative, and goes on there.</summary>
    private void ResumeAt(long next, string code, string expected, string found)
    {
        long offset = window.Position;
        losses.Add(code, offset, (next < 0 ? source.Length : next) - offset, expected, found);
        sectionIsWhole = false;
        if (next < 0) ended = true;
        else window.Seek(next);
    }

    private void EndShort() => EndTruncated(window.Remaining, "as many bytes as the source said to have", "fewer");

    private void EndTruncated(long lostBytes, string expected, string found)
    {
        losses.Add(McapLosses.Truncated, window.Position, lostBytes, expected, found);
        ended = true;
    }
}
