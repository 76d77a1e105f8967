using System.Globalization;
using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.Mcap;

/// <summary>
/// Reads an MCAP file forward, without its index: one block per chunk, or per run of messages outside chunks. Holds one chunk at a time.
/// What happens on damage is in <c>Mcap/README.md</c>; the codes are <c>MESH10101</c> to <c>MESH10115</c>.
/// </summary>
public sealed partial class McapRecordingReader : RecordingReader
{
    private readonly IByteSource source;
    private readonly McapReaderOptions options;
    private readonly McapLosses losses;
    private readonly McapDefinitions definitions;
    private readonly McapChunkReader chunks;
    private readonly McapResync resync;
    private readonly SourceWindow window;
    private readonly McapMessageRun run = new();

    // CRC since the start of the data section, later of the summary section; void once bytes have been jumped over.
    private uint sectionCrc = Crc32.Compute(McapRecordLexer.Magic);
    private bool sectionIsWhole;
    private long summaryStart;
    private bool ended;

    private McapRecordingReader(IByteSource source, McapReaderOptions options)
    {
        this.source = source;
        this.options = options;
        sectionIsWhole = options.CheckCrc;
        losses = new McapLosses(options.MaxLosses);
        definitions = new McapDefinitions(options.MaxDefinitionBytes);
        chunks = new McapChunkReader(options, definitions, losses);
        resync = new McapResync(source, definitions);
        window = new SourceWindow(source, McapRecordLexer.Magic.Length, source.Length, options.ReadBytes);
    }

    /// <summary>Opens a recording; the reader owns <paramref name="source"/>, which is disposed also when this fails.</summary>
    /// <exception cref="RecordingFormatException"><c>MESH10001</c> empty, <c>MESH10002</c> not MCAP.</exception>
    public static async ValueTask<McapRecordingReader> OpenAsync(IByteSource source, McapReaderOptions? options, CancellationToken cancellationToken)
    {
        try
        {
            await RecordingFormats.RequireMcapAsync(source, cancellationToken).ConfigureAwait(false);
            return new McapRecordingReader(source, options ?? new McapReaderOptions());
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override RecordingFormat Format => RecordingFormat.Mcap;

    /// <inheritdoc/>
    public override IReadOnlyList<RecordingChannel> Channels => definitions.Channels;

    /// <inheritdoc/>
    public override IReadOnlyList<DataLoss> Losses => losses.Entries;

    /// <inheritdoc/>
    public override async ValueTask<MessageBlock?> ReadBlockAsync(CancellationToken cancellationToken)
    {
        run.Clear();
        while (!ended)
        {
            if (!window.Has(McapRecordLexer.PrefixBytes))
            {
                // Reading on may overwrite the bytes of the messages already listed.
                if (run.Count > 0) break;
                if (!await window.EnsureAsync(McapRecordLexer.PrefixBytes, cancellationToken).ConfigureAwait(false))
                {
                    EndTruncated(window.Remaining, "a record", window.Remaining == 0 ? "the end of the file" : "the end of the file within a record's prefix");
                    break;
                }
            }

            McapRecordLexer.TryReadPrefix(window.Span, out var opcode, out ulong length);
            bool isRecord = opcode != McapOpcode.Invalid && length <= (ulong)(window.Remaining - McapRecordLexer.PrefixBytes);
            long total = isRecord ? McapRecordLexer.PrefixBytes + (long)length : 0;
            if (run.Count > 0 && (!isRecord || opcode is McapOpcode.Chunk or McapOpcode.Footer || !window.Has(total))) break;

            if (!isRecord)
            {
                await RecoverAsync(opcode, length, cancellationToken).ConfigureAwait(false);
                if (run.Count > 0) return run.ToBlock(chunks.Records);
            }
            else if (opcode is > McapOpcode.Chunk and not McapOpcode.DataEnd)
            {
                await SkipAsync(total, cancellationToken).ConfigureAwait(false);
            }
            else if (length > (ulong)options.MaxRecordBytes)
            {
                losses.Add(McapLosses.RecordTooLarge, window.Position, total,
                    string.Create(CultureInfo.InvariantCulture, $"a record of at most {options.MaxRecordBytes:N0} bytes"),
                    string.Create(CultureInfo.InvariantCulture, $"{opcode} of {length:N0}"));
                await SkipAsync(total, cancellationToken).ConfigureAwait(false);
            }
            else if (!await window.EnsureAsync((int)total, cancellationToken).ConfigureAwait(false))
            {
                EndTruncated(window.Remaining, "as many bytes as the source said to have", "fewer");
            }
            else if (opcode == McapOpcode.Chunk)
            {
                await ReadChunkAsync((int)total, cancellationToken).ConfigureAwait(false);
                if (run.Count > 0) return run.ToBlock(chunks.Records);
            }
            else if (!TakeRecord(opcode, (int)total))
            {
                await ConsultSummaryAsync(cancellationToken).ConfigureAwait(false);
            }
            else if (opcode == McapOpcode.Footer)
            {
                await EndAtFooterAsync((int)total, cancellationToken).ConfigureAwait(false);
            }
        }

        run.ReportUndefined(losses, window.Position);
        return run.Count > 0 ? run.ToBlock(window.Buffer) : null;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        ended = true;
        window.Dispose();
        chunks.Dispose();
        await source.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Takes a record outside chunks that is wholly in memory.</summary>
    /// <returns>False when it refers to a definition that the summary may have; it is then still to be read.</returns>
    private bool TakeRecord(McapOpcode opcode, int total)
    {
        var content = window.Span[McapRecordLexer.PrefixBytes..total];
        switch (opcode)
        {
            case McapOpcode.Schema:
                definitions.AddSchema(content, window.Position, losses);
                break;
            case McapOpcode.Channel:
                if (!definitions.AddChannel(content, window.Position, losses)) return false;
                break;
            case McapOpcode.Message:
                if (!McapMessageRecord.TryParse(content, out var message))
                {
                    losses.Add(McapLosses.MalformedRecord, window.Position, total, "a message of at least its fields", "a shorter one");
                    break;
                }

                int channel = definitions.IndexOf(message.ChannelId);
                if (channel >= 0)
                {
                    run.Add(new MessageRef(channel, message.Sequence, message.LogTime, message.PublishTime,
                        window.Start + McapRecordLexer.PrefixBytes + McapMessageRecord.HeaderBytes, content.Length - McapMessageRecord.HeaderBytes, window.Position));
                    break;
                }

                if (!definitions.SummaryConsulted) return false;
                run.AddUndefined(message.ChannelId, total);
                break;
            case McapOpcode.DataEnd:
                CheckDataCrc(content);
                break;
            case McapOpcode.Footer:
                // Advanced over by EndAtFooter, which decides whether it is one.
                return true;
        }

        Advance(total);
        if (opcode == McapOpcode.DataEnd)
        {
            summaryStart = window.Position;
            sectionCrc = 0;
            sectionIsWhole = options.CheckCrc;
        }

        return true;
    }

    private async ValueTask ReadChunkAsync(int total, CancellationToken cancellationToken)
    {
        resync.RecordingHasChunks = true;
        long offset = window.Position;
        var content = window.Buffer.Slice(window.Start + McapRecordLexer.PrefixBytes, total - McapRecordLexer.PrefixBytes);
        var outcome = chunks.Read(content, offset, run);
        if (outcome == McapChunkReader.Outcome.NeedsSummary)
        {
            await ConsultSummaryAsync(cancellationToken).ConfigureAwait(false);
            run.Clear();
            outcome = chunks.Read(content, offset, run);
        }

        if (outcome == McapChunkReader.Outcome.Done)
        {
            Advance(total);
            return;
        }

        // Its length may be as wrong as its content: go by it only where a record follows.
        long next = offset + total;
        if (!await resync.IsPlausibleAsync(next, cancellationToken).ConfigureAwait(false))
        {
            next = await resync.FindAsync(offset + 1, cancellationToken).ConfigureAwait(false);
        }

        ResumeAt(next, McapLosses.MalformedRecord, "the fields of a chunk", "a field that reaches beyond the record");
    }

    /// <summary>Takes definitions from the summary that damage has cost in the data section. Its own damage is reported when it is reached.</summary>
    private async ValueTask ConsultSummaryAsync(CancellationToken cancellationToken)
    {
        await McapSummaryReader.ReadAsync(source, options, definitions, new McapLosses(1), cancellationToken).ConfigureAwait(false);
        definitions.SummaryConsulted = true;
    }

    private void CheckDataCrc(ReadOnlySpan<byte> content)
    {
        if (!McapDataEndRecord.TryParse(content, out var dataEnd) || dataEnd.DataSectionCrc == 0 || !sectionIsWhole || dataEnd.DataSectionCrc == sectionCrc) return;

        // Where damage has been reported the data section cannot match any more; that is no second loss.
        if (losses.Entries.Count > 0) return;
        losses.Add(McapLosses.DataCrc, 0, 0, string.Create(CultureInfo.InvariantCulture, $"CRC-32 {dataEnd.DataSectionCrc:x8} of the data section"),
            string.Create(CultureInfo.InvariantCulture, $"{sectionCrc:x8}; some bytes outside checked chunks are not what was recorded"));
    }

    private void Advance(int count)
    {
        if (sectionIsWhole) sectionCrc = Crc32.Append(sectionCrc, window.Span[..count]);
        window.Advance(count);
    }

    private async ValueTask SkipAsync(long count, CancellationToken cancellationToken)
    {
        if (!sectionIsWhole)
        {
            window.Seek(window.Position + count);
            return;
        }

        while (count > 0)
        {
            int piece = (int)Math.Min(count, options.ReadBytes);
            if (!await window.EnsureAsync(piece, cancellationToken).ConfigureAwait(false))
            {
                sectionIsWhole = false;
                window.Seek(window.Position + count);
                return;
            }

            Advance(piece);
            count -= piece;
        }
    }
}
