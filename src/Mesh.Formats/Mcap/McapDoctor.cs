using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.Mcap;

/// <summary>
/// Examines an MCAP file: everything that reading reports as loss, and beyond it whether indexes, statistics, definitions and times fit each
/// other. The checks are at least those of the format's own <c>mcap doctor</c>, with its severities.
/// </summary>
internal sealed partial class McapDoctor : IDisposable
{
    // What is kept to compare the summary with; beyond it the comparison is left out.
    private const int MaxKeptPlaces = 1_000_000;

    private readonly IByteSource source;
    private readonly McapReaderOptions options;
    private readonly McapFindings findings;
    private readonly SourceWindow window;
    private readonly McapChunk chunk;
    private readonly HashSet<byte> unknownOpcodes = [];
    private bool inSummary;

    // What a broken chunk would have defined is not missed later on.
    private bool isComplete = true;
    private bool sawHeader;
    private bool sawDataEnd;
    private int records;

    private McapDoctor(IByteSource source, McapReaderOptions options)
    {
        this.source = source;
        this.options = options;
        findings = new McapFindings(options.MaxLosses);
        window = new SourceWindow(source, McapRecordLexer.Magic.Length, source.Length, options.ReadBytes);
        chunk = new McapChunk(options);
    }

    /// <summary>Examines a file; the source is not disposed.</summary>
    public static async Task<IReadOnlyList<RecordingFinding>> ExamineAsync(IByteSource source, McapReaderOptions options, CancellationToken cancellationToken)
    {
        using var doctor = new McapDoctor(source, options);
        await doctor.ReadThroughAsync(cancellationToken).ConfigureAwait(false);
        await doctor.WalkAsync(cancellationToken).ConfigureAwait(false);
        doctor.CompareIndexes();
        doctor.CompareStatistics();
        doctor.FindUnused();
        return doctor.findings.ToList();
    }

    public void Dispose()
    {
        window.Dispose();
        chunk.Dispose();
    }

    /// <summary>What a reader loses is an error; where it lies is known best by the reader.</summary>
    private async ValueTask ReadThroughAsync(CancellationToken cancellationToken)
    {
        await using var reader = await McapRecordingReader.OpenAsync(new BorrowedSource(source), options, cancellationToken).ConfigureAwait(false);
        while (await reader.ReadBlockAsync(cancellationToken).ConfigureAwait(false) is not null)
        {
        }

        foreach (var loss in reader.Losses)
        {
            // Contradicting definitions, and messages without any, are examined one by one below.
            if (loss.Code is McapLosses.Definition or McapLosses.UndefinedChannel) continue;
            findings.Error(loss.Code, loss.Offset, $"Expected {loss.Expected}, found {loss.Found}; {loss.Bytes:N0} bytes cannot be used.");
        }
    }

    /// <summary>Walks over the records as far as they follow each other.</summary>
    private async ValueTask WalkAsync(CancellationToken cancellationToken)
    {
        while (await window.EnsureAsync(McapRecordLexer.PrefixBytes, cancellationToken).ConfigureAwait(false))
        {
            McapRecordLexer.TryReadPrefix(window.Span, out var opcode, out ulong length);
            if (opcode == McapOpcode.Invalid || length > (ulong)(window.Remaining - McapRecordLexer.PrefixBytes)) break;
            long offset = window.Position, total = McapRecordLexer.PrefixBytes + (long)length;
            if (opcode != McapOpcode.MessageIndex) EndMessageIndexes();
            if (records++ == 0 && opcode != McapOpcode.Header) findings.Error(McapFindings.Header, offset, $"The first record is a {opcode}; it must be the Header.");
            if (opcode == McapOpcode.Footer)
            {
                if (!sawDataEnd) findings.Error(McapFindings.Summary, offset, $"There is no DataEnd record before the Footer.");
                if (await window.EnsureAsync((int)Math.Min(total, 64), cancellationToken).ConfigureAwait(false)
                    && McapFooterRecord.TryParse(window.Span[McapRecordLexer.PrefixBytes..], out var footer))
                {
                    EndSummary(footer, offset);
                }

                return;
            }

            bool needed = opcode is not (McapOpcode.Attachment or McapOpcode.Metadata) && opcode <= McapOpcode.DataEnd;
            if (inSummary) NoteGroup(opcode, offset, total);
            if (opcode == McapOpcode.Chunk)
            {
                if (!await TryExamineChunkAsync(offset, total, cancellationToken).ConfigureAwait(false)) break;
            }
            else if (opcode is McapOpcode.Attachment or McapOpcode.Metadata)
            {
                await ExamineExtraAsync(opcode, offset, total, cancellationToken).ConfigureAwait(false);
                window.Seek(offset + total);
            }
            else if (needed && length <= (ulong)options.MaxRecordBytes)
            {
                if (!await window.EnsureAsync((int)total, cancellationToken).ConfigureAwait(false)) break;
                Examine(new McapRecord(opcode, window.Span[McapRecordLexer.PrefixBytes..(int)total]), offset);
                window.Seek(offset + total);
            }
            else
            {
                if (opcode > McapOpcode.DataEnd) ExamineUnknown(opcode, offset);
                window.Seek(offset + total);
            }
        }

        // What follows was not seen: the summary, if there is one, cannot be held against it.
        EndMessageIndexes();
        isComplete = false;
    }

    private void Examine(McapRecord record, long offset)
    {
        var content = record.Content;
        switch (record.Opcode)
        {
            case McapOpcode.Header:
                ExamineHeader(content, offset);
                break;
            case McapOpcode.Schema:
                ExamineSchema(content, offset);
                break;
            case McapOpcode.Channel:
                ExamineChannel(content, offset);
                break;
            case McapOpcode.Message:
                if (!McapMessageRecord.TryParse(content, out var message)) break;
                ExamineMessage(message, offset);
                bareMessages++;
                break;
            case McapOpcode.MessageIndex:
                ExamineMessageIndex(content, offset);
                break;
            case McapOpcode.ChunkIndex when McapChunkIndex.TryParse(content, out var index, chunkIndexes.Count < MaxKeptPlaces):
                if (!chunkIndexes.TryAdd(index.ChunkStartOffset, (index, offset)))
                {
                    findings.Error(McapFindings.ChunkIndex, offset, $"There is more than one chunk index for the chunk at byte {index.ChunkStartOffset:N0}.");
                }

                break;
            case McapOpcode.AttachmentIndex when McapAttachmentIndex.TryParse(content, out var attachment):
                CompareExtra(McapOpcode.Attachment, attachment.Offset, attachment.Length, attachment.Name, offset);
                break;
            case McapOpcode.MetadataIndex when McapMetadataIndex.TryParse(content, out var metadata):
                CompareExtra(McapOpcode.Metadata, metadata.Offset, metadata.Length, metadata.Name, offset);
                break;
            case McapOpcode.Statistics when McapStatistics.TryParse(content, out var found):
                if (statistics is not null) findings.Error(McapFindings.Statistics, offset, $"There is more than one Statistics record.");
                statistics = found;
                statisticsOffset = offset;
                RequireChannelsBeforeStatistics();
                break;
            case McapOpcode.SummaryOffset when McapSummaryOffsetRecord.TryParse(content, out var group):
                summaryOffsets.Add((group, offset));
                break;
            case McapOpcode.DataEnd:
                sawDataEnd = true;
                inSummary = true;
                summaryStart = offset + McapRecordLexer.PrefixBytes + content.Length;
                break;
            default:
                findings.Error(McapLosses.MalformedRecord, offset, $"The fields of a {record.Opcode} record reach beyond its end.");
                break;
        }
    }

    private void ExamineUnknown(McapOpcode opcode, long offset)
    {
        if (!unknownOpcodes.Add((byte)opcode)) return;
        if ((byte)opcode < 0x80) findings.Warning(McapFindings.Opcode, offset, $"Opcode 0x{(byte)opcode:x2} is reserved; readers of this version pass such records over.");
        else findings.Note(McapFindings.Opcode, offset, $"Opcode 0x{(byte)opcode:x2} is private; only its makers can read such records.");
    }

    private void ExamineHeader(ReadOnlySpan<byte> content, long offset)
    {
        if (sawHeader) findings.Error(McapFindings.Header, offset, $"There is more than one Header record.");
        sawHeader = true;
        if (!McapHeaderRecord.TryParse(content, out var header))
        {
            findings.Error(McapFindings.Header, offset, $"The fields of the Header record reach beyond its end.");
            return;
        }

        if (header.Library.Length == 0) findings.Warning(McapFindings.Header, offset, $"The header names no library; it should say which software wrote the file.");
        if (header.Profile is not ("" or "ros1" or "ros2")) findings.Warning(McapFindings.Header, offset, $"Profile '{Short(header.Profile)}' is not a well-known one.");
    }

    private static string Short(string text) => text.Length <= 80 ? text : text[..80] + "…";
}
