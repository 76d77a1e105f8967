using System.Globalization;
using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.Mcap;

/// <summary>
/// Reads the wanted messages of an MCAP file through its summary: only chunks that can hold them are read. In file order, or by log time with
/// bounded memory. Where the summary is absent, damaged or incomplete, the whole file is read forward instead: the same messages, only slower.
/// </summary>
/// <remarks>Log-time order goes by the time ranges that index and chunks state; a message outside its chunk's range comes when the range does.</remarks>
public sealed partial class McapIndexedReader : RecordingReader
{
    private readonly IByteSource source;
    private readonly McapReaderOptions options;
    private readonly RecordingQuery query;
    private readonly RecordingOrder order;
    private readonly McapLosses losses;
    private readonly Stack<McapChunk> spare = [];
    private readonly byte[] prefix = new byte[McapRecordLexer.PrefixBytes];
    private McapDefinitions definitions;
    private List<McapSegment>? segments;
    private McapRecordingReader? forward;
    private BlockPipeline<McapChunk>? ahead;
    private int nextSegment;
    private McapChunk? current;
    private bool[]? wanted;

    private McapIndexedReader(IByteSource source, McapReaderOptions options, RecordingQuery query, RecordingOrder order)
    {
        this.source = source;
        this.options = options;
        this.query = query;
        this.order = order;
        definitions = new McapDefinitions(options.MaxDefinitionBytes);
        losses = new McapLosses(options.MaxLosses);
    }

    /// <summary>What the recording says about itself; empty when it has no usable summary.</summary>
    public McapSummary Summary { get; private set; } = new();

    /// <summary>Whether chunks are picked by the index; otherwise the file is read forward.</summary>
    public bool IsIndexed => segments is not null && forward is null;

    /// <inheritdoc/>
    public override RecordingFormat Format => RecordingFormat.Mcap;

    /// <inheritdoc/>
    public override IReadOnlyList<RecordingChannel> Channels => forward?.Channels ?? definitions.Channels;

    /// <inheritdoc/>
    public override IReadOnlyList<DataLoss> Losses => forward?.Losses is { Count: > 0 } found ? found : losses.Entries;

    /// <summary>Opens a recording; the reader owns <paramref name="source"/>, which is disposed also when this fails.</summary>
    /// <param name="source">The recording.</param>
    /// <param name="options">Limits.</param>
    /// <param name="query">What is wanted.</param>
    /// <param name="order">In which order.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="RecordingFormatException"><c>MESH10001</c> empty, <c>MESH10002</c> not MCAP.</exception>
    public static async ValueTask<McapIndexedReader> OpenAsync(
        IByteSource source, McapReaderOptions? options, RecordingQuery query, RecordingOrder order, CancellationToken cancellationToken)
    {
        try
        {
            await RecordingFormats.RequireMcapAsync(source, cancellationToken).ConfigureAwait(false);
            var reader = new McapIndexedReader(source, options ?? new McapReaderOptions(), query, order);
            await reader.FindSegmentsAsync(cancellationToken).ConfigureAwait(false);
            return reader;
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<MessageBlock?> ReadBlockAsync(CancellationToken cancellationToken)
    {
        if (order == RecordingOrder.LogTime) return await ReadByTimeAsync(cancellationToken).ConfigureAwait(false);
        if (forward is not null) return await forward.ReadBlockAsync(cancellationToken).ConfigureAwait(false);
        ahead ??= new BlockPipeline<McapChunk>(ReadNextAsync, static chunk => chunk.Unpack(), static chunk => chunk.Cost, spare.Push, options.Parallelism, options.MaxBufferedBytes);
        while (true)
        {
            if (current is not null) spare.Push(current);
            current = await ahead.NextAsync(cancellationToken).ConfigureAwait(false);
            if (current is null) return null;
            current.TryResolve(definitions, losses);
            current.Run.Keep(query, Wanted());
            if (current.Run.Count > 0) return current.Run.ToBlock(current.Records);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<RecordingSummary?> ReadSummaryAsync(CancellationToken cancellationToken)
    {
        if (forward is not null) return await forward.ReadSummaryAsync(cancellationToken).ConfigureAwait(false);
        return segments is null ? null : await McapSummaries.BuildAsync(source, Summary, definitions, extras: null, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override ValueTask<Stream> OpenAttachmentAsync(RecordingAttachment attachment, CancellationToken cancellationToken) =>
        McapAttachments.OpenAsync(source, attachment, options, cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (ahead is not null) await ahead.DisposeAsync().ConfigureAwait(false);
        if (forward is not null) await forward.DisposeAsync().ConfigureAwait(false);
        foreach (var segment in segments ?? []) segment.Loaded?.Dispose();
        current?.Dispose();
        current = null;
        while (spare.TryPop(out var chunk)) chunk.Dispose();
        merged.Dispose();
        await source.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask FindSegmentsAsync(CancellationToken cancellationToken)
    {
        // What is wrong with the summary the forward reader finds itself.
        var summary = await McapSummaryReader.ReadAsync(source, options, definitions, new McapLosses(1), cancellationToken).ConfigureAwait(false);
        if (summary is not null)
        {
            Summary = summary;
            definitions.SummaryConsulted = true;
            segments = await McapSegments.TryFromIndexAsync(source, summary, definitions, options, cancellationToken).ConfigureAwait(false);
            if (segments is null)
            {
                losses.Add(McapLosses.Summary, summary.Start, 0, "an index that fits the file", "chunks that are not where it says, or none of them; the file is read forward");
            }
        }

        // Channels that only the data section defines may be defined in a chunk that a query would not touch.
        bool usable = segments is not null && segments.TrueForAll(AreDefined) && (order == RecordingOrder.LogTime || Summary.Chunks.Count > 0);
        if (usable)
        {
            segments!.RemoveAll(segment => segment.StartTimeNs > query.EndTimeNs || segment.EndTimeNs < query.StartTimeNs || !HasTopic(segment));
            return;
        }

        segments = null;
        forward = await McapRecordingReader.OpenAsync(new BorrowedSource(source), options, query, cancellationToken).ConfigureAwait(false);
    }

    private bool AreDefined(McapSegment segment)
    {
        if (!segment.IsChunk || segment.MessageIndexOffsets.Count == 0)
        {
            return segment.IsEmpty || (Summary.Statistics is { } statistics && definitions.Channels.Count >= statistics.ChannelCount);
        }

        foreach (var (channelId, _) in segment.MessageIndexOffsets)
        {
            if (definitions.IndexOf(channelId) < 0) return false;
        }

        return true;
    }

    private bool HasTopic(McapSegment segment)
    {
        if (query.Topics is null || segment.MessageIndexOffsets.Count == 0) return true;
        foreach (var (channelId, _) in segment.MessageIndexOffsets)
        {
            int channel = definitions.IndexOf(channelId);
            if (channel >= 0 && query.Selects(definitions.Channels[channel].Topic)) return true;
        }

        return false;
    }

    private bool[]? Wanted()
    {
        if (query.Topics is null) return null;
        if (wanted?.Length != definitions.Channels.Count) wanted = [.. definitions.Channels.Select(channel => query.Selects(channel.Topic))];
        return wanted;
    }

    private async ValueTask<McapChunk?> ReadNextAsync(CancellationToken cancellationToken)
    {
        while (nextSegment < segments!.Count)
        {
            if (await TryReadAsync(segments[nextSegment++], cancellationToken).ConfigureAwait(false) is { } chunk) return chunk;
        }

        return null;
    }

    /// <summary>Reads a segment's bytes; null, and a loss, when it is not what the index says.</summary>
    private async ValueTask<McapChunk?> TryReadAsync(McapSegment segment, CancellationToken cancellationToken)
    {
        var chunk = spare.TryPop(out var used) ? used : new McapChunk(options);
        bool sound = segment.Length <= options.MaxRecordBytes;
        if (sound && segment.IsChunk)
        {
            int length = (int)segment.Length - McapRecordLexer.PrefixBytes;
            var content = chunk.Reserve(segment.Offset, length, segment.IsCut);
            sound = await source.ReadAtAsync(segment.Offset, prefix, cancellationToken).ConfigureAwait(false) == prefix.Length
                && McapRecordLexer.TryReadPrefix(prefix, out var opcode, out ulong claimed) && opcode == McapOpcode.Chunk
                && (claimed == (ulong)length || forward is not null)
                && await source.ReadAtAsync(segment.Offset + McapRecordLexer.PrefixBytes, content, cancellationToken).ConfigureAwait(false) == length
                && chunk.TryParse();
        }
        else if (sound)
        {
            var content = chunk.ReserveBare(segment.Offset, (int)segment.Length);
            sound = await source.ReadAtAsync(segment.Offset, content, cancellationToken).ConfigureAwait(false) == content.Length;
        }

        if (sound) return chunk;
        spare.Push(chunk);
        losses.Add(McapLosses.Summary, segment.Offset, segment.Length, string.Create(CultureInfo.InvariantCulture, $"a chunk of {segment.Length:N0} bytes, as the index says"),
            segment.Length > options.MaxRecordBytes ? "more than the limit" : "something else");
        return null;
    }
}
