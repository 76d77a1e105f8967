using System.Globalization;
using System.Runtime.CompilerServices;
using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.Mcap;

/// <summary>
/// Reads the wanted messages of an MCAP file through its summary. Where the summary is absent, damaged or incomplete, the whole file is read
/// forward instead: the same messages, only slower.
/// </summary>
/// <remarks>
/// Order: chunks by start time, messages within a block by log time. One chunk is held at a time, so messages of chunks whose time ranges
/// overlap are not merged: the next block may begin earlier than the last one ended. A consumer that needs a total order sorts.
/// </remarks>
public sealed class McapIndexedReader : IAsyncDisposable
{
    private readonly IByteSource source;
    private readonly McapReaderOptions options;
    private readonly McapDefinitions definitions;
    private readonly McapLosses losses;
    private readonly List<DataLoss> scanLosses = [];

    private McapIndexedReader(IByteSource source, McapReaderOptions options)
    {
        this.source = source;
        this.options = options;
        definitions = new McapDefinitions(options.MaxDefinitionBytes);
        losses = new McapLosses(options.MaxLosses);
    }

    /// <summary>What the recording says about itself; empty when it has no usable summary.</summary>
    public McapSummary Summary { get; private set; } = new();

    /// <summary>Whether chunks can be picked by the index; otherwise <see cref="ReadAsync"/> reads the file forward.</summary>
    public bool IsIndexed { get; private set; }

    /// <summary>Channels met so far; what <see cref="MessageRef.ChannelIndex"/> refers to.</summary>
    public IReadOnlyList<RecordingChannel> Channels { get; private set; } = [];

    /// <summary>Damage met so far.</summary>
    public IReadOnlyList<DataLoss> Losses => [.. losses.Entries, .. scanLosses];

    /// <summary>Opens a recording; the reader owns <paramref name="source"/>, which is disposed also when this fails.</summary>
    /// <exception cref="RecordingFormatException"><c>MESH10001</c> empty, <c>MESH10002</c> not MCAP, <c>MESH10003</c> another format.</exception>
    public static async ValueTask<McapIndexedReader> OpenAsync(IByteSource source, McapReaderOptions? options, CancellationToken cancellationToken)
    {
        try
        {
            await RecordingFormats.RequireMcapAsync(source, cancellationToken).ConfigureAwait(false);
            var reader = new McapIndexedReader(source, options ?? new McapReaderOptions());
            await reader.ReadSummaryAsync(cancellationToken).ConfigureAwait(false);
            return reader;
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Reads the messages that a query asks for.</summary>
    /// <returns>Blocks, each valid until the next is asked for.</returns>
    public IAsyncEnumerable<MessageBlock> ReadAsync(RecordingQuery query, CancellationToken cancellationToken) =>
        IsIndexed ? ReadChunksAsync(query, cancellationToken) : ScanAsync(query, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => source.DisposeAsync();

    private async ValueTask ReadSummaryAsync(CancellationToken cancellationToken)
    {
        var summary = await McapSummaryReader.ReadAsync(source, options, definitions, losses, cancellationToken).ConfigureAwait(false);
        definitions.SummaryConsulted = true;
        Channels = definitions.Channels;
        if (summary is null) return;

        Summary = summary;

        // Channels that only the data section defines may be defined in a chunk that a query would not touch. Messages outside chunks are in
        // no index; the statistics give them away where a chunk has none.
        IsIndexed = summary.Chunks.Count > 0
            && (summary.Statistics is null || summary.Statistics.ChunkCount == summary.Chunks.Count)
            && summary.Chunks.TrueForAll(chunk => chunk.UncompressedSize == 0 || AreDefined(chunk));
    }

    private bool AreDefined(McapChunkIndex chunk)
    {
        if (chunk.MessageIndexOffsets.Count == 0) return Summary.Statistics is { } statistics && definitions.Channels.Count >= statistics.ChannelCount;
        foreach (var (channelId, _) in chunk.MessageIndexOffsets)
        {
            if (definitions.IndexOf(channelId) < 0) return false;
        }

        return true;
    }

    private async IAsyncEnumerable<MessageBlock> ReadChunksAsync(RecordingQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var run = new McapMessageRun();
        using var chunks = new McapChunkReader(options, definitions, losses);
        foreach (var index in Summary.Chunks.OrderBy(chunk => chunk.MessageStartTimeNs).ThenBy(chunk => chunk.ChunkStartOffset))
        {
            if (index.MessageStartTimeNs > query.EndTimeNs || index.MessageEndTimeNs < query.StartTimeNs || !HasTopic(index, query)) continue;

            using var window = OpenWindow(index);
            run.Clear();
            if (window is null || !await window.EnsureAsync((int)index.ChunkLength, cancellationToken).ConfigureAwait(false)
                || window.Span[0] != (byte)McapOpcode.Chunk
                || chunks.Read(window.Buffer[(window.Start + McapRecordLexer.PrefixBytes)..(window.Start + (int)index.ChunkLength)], window.Position, run) != McapChunkReader.Outcome.Done)
            {
                losses.Add(McapLosses.Summary, (long)Math.Min(index.ChunkStartOffset, long.MaxValue), 0,
                    string.Create(CultureInfo.InvariantCulture, $"a chunk of {index.ChunkLength:N0} bytes, as the index says"), "something else");
                continue;
            }

            run.Keep(query, Wanted(query));
            run.SortByLogTime();
            if (run.Count > 0) yield return run.ToBlock(chunks.Records);
        }
    }

    private SourceWindow? OpenWindow(McapChunkIndex index)
    {
        bool fits = index.ChunkLength >= McapRecordLexer.PrefixBytes
            && index.ChunkLength <= (ulong)Math.Min(options.MaxRecordBytes, source.Length)
            && index.ChunkStartOffset <= (ulong)source.Length - index.ChunkLength;
        return fits ? new SourceWindow(source, (long)index.ChunkStartOffset, (long)(index.ChunkStartOffset + index.ChunkLength), (int)index.ChunkLength) : null;
    }

    private bool HasTopic(McapChunkIndex index, RecordingQuery query)
    {
        if (query.Topics is null || index.MessageIndexOffsets.Count == 0) return true;
        foreach (var (channelId, _) in index.MessageIndexOffsets)
        {
            if (query.Selects(definitions.Channels[definitions.IndexOf(channelId)].Topic)) return true;
        }

        return false;
    }

    private bool[]? Wanted(RecordingQuery query) => query.Topics is null ? null : [.. Channels.Select(channel => query.Selects(channel.Topic))];

    private async IAsyncEnumerable<MessageBlock> ScanAsync(RecordingQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var reader = await McapRecordingReader.OpenAsync(new Borrowed(source), options, cancellationToken).ConfigureAwait(false);
        Channels = reader.Channels;
        var run = new McapMessageRun();
        while (await reader.ReadBlockAsync(cancellationToken).ConfigureAwait(false) is { } block)
        {
            run.Clear();
            foreach (ref readonly var message in block.Messages.Span) run.Add(message);
            run.Keep(query, Wanted(query));
            run.SortByLogTime();
            if (run.Count > 0) yield return run.ToBlock(block.Data);
        }

        scanLosses.Clear();
        scanLosses.AddRange(reader.Losses.Except(losses.Entries));
    }

    /// <summary>Lets the scanning reader use the source without owning it.</summary>
    private sealed class Borrowed(IByteSource inner) : IByteSource
    {
        public long Length => inner.Length;

        public string Name => inner.Name;

        public ValueTask<int> ReadAtAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) => inner.ReadAtAsync(offset, buffer, cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
