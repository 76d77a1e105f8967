using System.Globalization;
using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.RosBag;

/// <summary>
/// Reads ROS 1 bags (format 2.0): forward in file order, without needing their index, chunks decompressed ahead on several threads. A query
/// goes to the chunks that the index names, where it is sound. What happens on damage is in <c>RosBag/README.md</c>; the codes are
/// <c>MESH10401</c> to <c>MESH10412</c>.
/// </summary>
public sealed partial class Ros1BagReader : RecordingReader
{
    private readonly IByteSource source;
    private readonly RecordingQuery query;
    private readonly Ros1BagFileHeader header;
    private readonly LossList losses;
    private readonly Ros1BagConnections connections;
    private readonly Ros1BagWalker walker;
    private readonly BlockPipeline<Ros1BagBlock> pipeline;
    private readonly long maxDefinitionBytes;
    private readonly SortedDictionary<uint, (long Messages, long Bytes)> undefined = [];
    private Ros1BagBlock? current;
    private bool hasStarted;
    private bool indexConsulted;
    private bool isDisposed;

    private Ros1BagReader(IByteSource source, RecordingReaderOptions options, Ros1BagFileHeader header)
    {
        this.source = source;
        this.header = header;
        query = options.Query;
        maxDefinitionBytes = options.ToMcap().MaxDefinitionBytes;
        losses = new LossList(options.MaxLosses);
        connections = new Ros1BagConnections(losses, query, maxDefinitionBytes);
        walker = new Ros1BagWalker(source, options, header);
        pipeline = new BlockPipeline<Ros1BagBlock>(
            walker.ReadAsync, walker.Work, static block => block.Cost, walker.Return, options.Parallelism, options.MaxBufferedBytes);
    }

    /// <summary>Opens a recording; the reader owns <paramref name="source"/>, which is disposed also when this fails.</summary>
    /// <exception cref="RecordingFormatException"><c>MESH10400</c>: it is encrypted; the message names the encryptor.</exception>
    public static async ValueTask<RecordingReader> OpenAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return new Ros1BagReader(source, options, await Ros1BagFileHeader.ReadAsync(source, cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override RecordingFormat Format => RecordingFormat.Ros1Bag;

    /// <inheritdoc/>
    public override IReadOnlyList<RecordingChannel> Channels => connections.Channels;

    /// <inheritdoc/>
    public override IReadOnlyList<DataLoss> Losses => losses.Entries;

    /// <inheritdoc/>
    public override async ValueTask<MessageBlock?> ReadBlockAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        if (!hasStarted)
        {
            hasStarted = true;
            if (!query.IsAll) await PlanAsync(cancellationToken).ConfigureAwait(false);
        }

        while (true)
        {
            if (current is not null) walker.Return(current);
            current = null;
            current = await pipeline.NextAsync(cancellationToken).ConfigureAwait(false);
            if (current is null) return null;
            foreach (var loss in current.Losses) losses.Add(loss.Code, loss.Offset, loss.Bytes, loss.Expected, loss.Found);

            var progress = new Progress();
            while (!PutChannels(current, ref progress))
            {
                indexConsulted = true;
                await ConsultIndexAsync(current.EndPosition, cancellationToken).ConfigureAwait(false);
            }

            current.Truncate(progress.Kept);
            if (undefined.Count > 0) ReportUndefined(current);
            if (current.Count > 0) return current.ToBlock();
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (isDisposed) return;
        isDisposed = true;
        await pipeline.DisposeAsync().ConfigureAwait(false);
        current?.Release();
        current = null;
        walker.Dispose();
        await source.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>How far a block's messages have been given their channels.</summary>
    private struct Progress
    {
        public int Message;
        public int Kept;
        public int Definition;
    }

    /// <summary>Puts channels in the place of connection ids, and drops what the query does not want.</summary>
    /// <returns>False when a connection is unknown and the index has not been asked yet: ask it and come again.</returns>
    private bool PutChannels(Ros1BagBlock block, ref Progress progress)
    {
        var messages = block.Messages;
        bool isFiltered = !query.IsAll;
        while (true)
        {
            int end = progress.Definition < block.Definitions.Count ? block.Definitions[progress.Definition].MessageIndex : messages.Length;
            for (; progress.Message < end; progress.Message++)
            {
                ref var message = ref messages[progress.Message];
                uint id = (uint)message.ChannelIndex;
                int channel = connections.IndexOf(id);
                if (channel < 0)
                {
                    if (!indexConsulted) return false;
                    if (!connections.TryUseMalformed(id))
                    {
                        var (count, bytes) = undefined.GetValueOrDefault(id);
                        undefined[id] = (count + 1, bytes + message.Length);
                        continue;
                    }

                    channel = connections.IndexOf(id);
                }

                if (isFiltered && !(query.Selects(message.LogTimeNs) && connections.IsWanted(channel))) continue;
                if (channel != message.ChannelIndex) messages[progress.Kept] = message with { ChannelIndex = channel };
                else if (progress.Kept != progress.Message) messages[progress.Kept] = message;
                progress.Kept++;
            }

            if (progress.Definition == block.Definitions.Count) return true;
            var definition = block.Definitions[progress.Definition++];
            Ros1BagRecord.TryParse(block.Records[definition.Offset..], out var record);
            connections.Add(block.Records.Slice(definition.Offset, (int)record.TotalBytes), record, definition.FileOffset);
        }
    }

    private void ReportUndefined(Ros1BagBlock block)
    {
        foreach (var (id, (count, bytes)) in undefined)
        {
            losses.Add(Ros1BagLosses.UndefinedConnection, Math.Max(block.ChunkPosition, block.RecordsPosition), bytes,
                string.Create(CultureInfo.InvariantCulture, $"a connection record with id {id} before its messages"),
                string.Create(CultureInfo.InvariantCulture, $"{count} messages without it"));
        }

        undefined.Clear();
    }

    /// <summary>Takes in the connections that only the index defines. Without an index the rest of the file is passed through for them.</summary>
    private async ValueTask ConsultIndexAsync(long position, CancellationToken cancellationToken)
    {
        long start = Ros1BagIndex.HasPlace(source, header) ? header.IndexPosition : position;
        await Ros1BagIndex.ReadAsync(source, start, header, maxDefinitionBytes, AddUnknown, cancellationToken).ConfigureAwait(false);

        void AddUnknown(ReadOnlyMemory<byte> bytes, Ros1BagRecord record, long offset)
        {
            if (connections.IndexOf(record.Connection) < 0) connections.Add(bytes.Span, record, offset);
        }
    }
}
