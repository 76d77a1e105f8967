using System.Globalization;
using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.Mcap;

/// <summary>
/// Reads an MCAP file forward, without its index: one block per chunk, or per run of messages outside chunks. Chunks in a row are decompressed
/// ahead; whatever else comes is dealt with only once they have been handed out, so damage is met in file order.
/// What happens on damage is in <c>Mcap/README.md</c>; the codes are <c>MESH10101</c> to <c>MESH10115</c>.
/// </summary>
public sealed partial class McapRecordingReader : RecordingReader
{
    private readonly IByteSource source;
    private readonly McapReaderOptions options;
    private readonly McapLosses losses;
    private readonly McapDefinitions definitions;
    private readonly McapResync resync;
    private readonly SourceWindow window;
    private readonly McapMessageRun run = new();
    private readonly RecordingQuery query;
    private readonly Stack<McapChunk> spare = [];
    private readonly McapExtras extras = new();
    private BlockPipeline<McapChunk>? ahead;
    private McapChunk? current;
    private IDisposable? admission;
    private McapChunkPieces? pieces;
    private bool[]? wanted;

    // CRC since the start of the data section, later of the summary section; void once bytes have been jumped over.
    private uint sectionCrc = Crc32.Compute(McapRecordLexer.Magic);
    private bool sectionIsWhole;
    private long summaryStart;
    private bool ended;

    private McapRecordingReader(IByteSource source, McapReaderOptions options, RecordingQuery query)
    {
        this.source = source;
        this.query = query;
        this.options = options;
        sectionIsWhole = options.CheckCrc;
        losses = new McapLosses(options.MaxLosses);
        definitions = new McapDefinitions(options.MaxDefinitionBytes);
        resync = new McapResync(source, definitions);
        window = new SourceWindow(source, McapRecordLexer.Magic.Length, source.Length, options.ReadBytes);
    }

    /// <summary>Opens a recording; the reader owns <paramref name="source"/>, which is disposed also when this fails.</summary>
    /// <exception cref="RecordingFormatException"><c>MESH10001</c> empty, <c>MESH10002</c> not MCAP.</exception>
    public static ValueTask<McapRecordingReader> OpenAsync(IByteSource source, McapReaderOptions? options, CancellationToken cancellationToken) =>
        OpenAsync(source, options, RecordingQuery.All, cancellationToken);

    /// <inheritdoc cref="OpenAsync(IByteSource, McapReaderOptions?, CancellationToken)"/>
    public static async ValueTask<McapRecordingReader> OpenAsync(
        IByteSource source, McapReaderOptions? options, RecordingQuery query, CancellationToken cancellationToken)
    {
        try
        {
            await RecordingFormats.RequireMcapAsync(source, cancellationToken).ConfigureAwait(false);
            return new McapRecordingReader(source, options ?? new McapReaderOptions(), query);
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

    internal McapDefinitions Definitions => definitions;

    /// <inheritdoc/>
    public override async ValueTask<MessageBlock?> ReadBlockAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Recycle();
            if (pieces is not null)
            {
                if (await ReadPieceAsync(pieces, cancellationToken).ConfigureAwait(false))
                {
                    if (Keep(run)) return run.ToBlock(pieces.Data);
                }
                else
                {
                    await EndPiecesAsync().ConfigureAwait(false);
                }
            }
            else if (ahead is not null)
            {
                current = await ahead.NextAsync(cancellationToken).ConfigureAwait(false);
                if (current is null)
                {
                    await ahead.DisposeAsync().ConfigureAwait(false);
                    ahead = null;
                    continue;
                }

                await ResolveAsync(current, cancellationToken).ConfigureAwait(false);
                if (Keep(current.Run)) return current.Run.ToBlock(current.Records);
            }
            else if (!await ReadRecordsAsync(cancellationToken).ConfigureAwait(false))
            {
                return null;
            }
            else if (pieces is not null)
            {
                continue;
            }
            else if (current is not null)
            {
                if (Keep(current.Run)) return current.Run.ToBlock(current.Records);
            }
            else if (Keep(run))
            {
                return run.ToBlock(window.Buffer);
            }
        }
    }

    /// <inheritdoc/>
    public override void ReleaseBlock()
    {
        current?.ReleaseLarge();
        pieces?.ReleaseLarge();
        window.ReleaseLarge();
    }

    /// <inheritdoc/>
    public override ValueTask<RecordingSummary?> ReadSummaryAsync(CancellationToken cancellationToken) =>
        McapSummaries.ReadAsync(source, options, definitions, ended ? extras : null, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<Stream> OpenAttachmentAsync(RecordingAttachment attachment, CancellationToken cancellationToken) =>
        McapAttachments.OpenAsync(source, attachment, options, cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        ended = true;
        if (ahead is not null) await ahead.DisposeAsync().ConfigureAwait(false);
        ahead = null;
        await EndPiecesAsync().ConfigureAwait(false);
        Recycle();
        while (spare.TryPop(out var chunk)) chunk.Dispose();
        window.Dispose();
        await source.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The part of the file that the block just read comes from.</summary>
    internal McapSegment SegmentOf(MessageBlock block)
    {
        if (current is not null) return current.ToSegment();
        var messages = block.Messages.Span;
        ulong start = ulong.MaxValue, end = 0;
        foreach (ref readonly var message in messages)
        {
            start = Math.Min(start, message.LogTimeNs);
            end = Math.Max(end, message.LogTimeNs);
        }

        long offset = messages[0].FileOffset;
        long length = messages[^1].FileOffset + McapRecordLexer.PrefixBytes + McapMessageRecord.HeaderBytes + messages[^1].Length - offset;
        return new McapSegment(offset, length, false, start, end, 2 * length);
    }

    /// <summary>
    /// Reads records one by one until there are messages in the run or in a salvaged chunk, or until chunks begin, which then are read ahead.
    /// </summary>
    /// <returns>False at the end of the recording.</returns>
    private async ValueTask<bool> ReadRecordsAsync(CancellationToken cancellationToken)
    {
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
                if (current is not null) return true;
            }
            else if (opcode is > McapOpcode.Chunk and not McapOpcode.DataEnd)
            {
                await SkipAsync(opcode, total, cancellationToken).ConfigureAwait(false);
            }
            else if (opcode == McapOpcode.Message && IsListed((long)length))
            {
                await ListTooLongAsync(total, cancellationToken).ConfigureAwait(false);
            }
            else if (opcode == McapOpcode.Chunk && await BeginPiecesAsync(total, cancellationToken).ConfigureAwait(false))
            {
                // What is in the window has been seen: the run is empty here.
                return true;
            }
            else if (length > (ulong)options.MaxRecordBytes)
            {
                losses.Add(McapLosses.RecordTooLarge, window.Position, total,
                    string.Create(CultureInfo.InvariantCulture, $"a record of at most {options.MaxRecordBytes:N0} bytes"),
                    string.Create(CultureInfo.InvariantCulture, $"{opcode} of {length:N0}"));
                await SkipAsync(opcode, total, cancellationToken).ConfigureAwait(false);
            }
            else if (opcode == McapOpcode.Chunk)
            {
                resync.RecordingHasChunks = true;
                await AdmitAsync(await CostOfNextAsync((long)length, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
                current = await TryReadChunkAsync(cancellationToken).ConfigureAwait(false);
                if (current is null)
                {
                    await PassBrokenChunkAsync(total, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                current.Unpack();
                await ResolveAsync(current, cancellationToken).ConfigureAwait(false);
                ahead = new BlockPipeline<McapChunk>(ReadAheadAsync, static chunk => chunk.Unpack(), static chunk => chunk.Cost, spare.Push, options.Parallelism, options.MaxBufferedBytes);
                return true;
            }
            else if (!await EnsureRecordAsync((int)total, cancellationToken).ConfigureAwait(false))
            {
                EndShort();
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
        return run.Count > 0;
    }

    private async ValueTask ResolveAsync(McapChunk chunk, CancellationToken cancellationToken)
    {
        if (chunk.TryResolve(definitions, losses)) return;
        await ConsultSummaryAsync(cancellationToken).ConfigureAwait(false);
        chunk.TryResolve(definitions, losses);
    }

    private async ValueTask<bool> EnsureRecordAsync(int total, CancellationToken cancellationToken)
    {
        if (!window.Has(total)) await AdmitAsync(total, cancellationToken).ConfigureAwait(false);
        return await window.EnsureAsync(total, cancellationToken).ConfigureAwait(false);
    }

    private void Recycle()
    {
        run.Clear();
        current?.ReleaseLarge();
        if (current is not null) spare.Push(current);
        current = null;
        if (admission is null) return;
        window.ReleaseLarge();
        admission.Dispose();
        admission = null;
    }

    /// <summary>Leaves the messages that are asked for; whether there are any.</summary>
    private bool Keep(McapMessageRun messages)
    {
        if (!query.IsAll && messages.Count > 0)
        {
            if (query.Topics is not null && wanted?.Length != definitions.Channels.Count)
            {
                wanted = [.. definitions.Channels.Select(channel => query.Selects(channel.Topic))];
            }

            messages.Keep(query, wanted);
        }

        return messages.Count > 0;
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

    private async ValueTask SkipAsync(McapOpcode opcode, long count, CancellationToken cancellationToken)
    {
        extras.Note(opcode, window.Position, count);
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
