using System.Globalization;

namespace Mesh.Formats.RosBag;

/// <summary>What the index is good for: the summary, and going only where a query leads.</summary>
public sealed partial class Ros1BagReader
{
    // Chunks whose headers are looked at for compression and size, which the index does not have.
    private const int SampledChunks = 16;

    /// <inheritdoc/>
    public override async ValueTask<RecordingSummary?> ReadSummaryAsync(CancellationToken cancellationToken)
    {
        var index = await TryReadIndexAsync(cancellationToken).ConfigureAwait(false);
        if (index is null) return null;

        var counts = new long[connections.Channels.Count];
        ulong start = ulong.MaxValue, end = 0;
        foreach (var chunk in index.Chunks)
        {
            foreach (var (connection, messages) in chunk.Counts)
            {
                int channel = connections.IndexOf(connection);
                if (channel >= 0) counts[channel] += messages;
            }

            if (chunk.Messages == 0) continue;
            start = Math.Min(start, chunk.StartTimeNs);
            end = Math.Max(end, chunk.EndTimeNs);
        }

        return new RecordingSummary
        {
            Version = "2.0",
            Messages = index.Chunks.Sum(chunk => chunk.Messages),
            StartTimeNs = start <= end ? start : null,
            EndTimeNs = start <= end ? end : null,
            Channels = [.. connections.Channels.Select(channel => new ChannelSummary(channel, counts[channel.Index]))],
            Metadata = [new RecordingMetadata("chunks", await SampleChunksAsync(index, cancellationToken).ConfigureAwait(false))],
        };
    }

    /// <summary>Compressions and sizes, from chunk headers evenly spread over the file.</summary>
    private async ValueTask<Dictionary<string, string>> SampleChunksAsync(Ros1BagIndex index, CancellationToken cancellationToken)
    {
        byte[] head = new byte[512];
        int sampled = Math.Min(SampledChunks, index.Chunks.Count);
        SortedSet<string> compressions = new(StringComparer.Ordinal);
        long stored = 0, records = 0;
        for (int i = 0; i < sampled; i++)
        {
            int filled = await source.ReadAtAsync(index.Chunks[(int)((long)i * index.Chunks.Count / sampled)].Position, head, cancellationToken).ConfigureAwait(false);
            if (Ros1BagRecord.TryParse(head.AsSpan(0, filled), out var record) != Ros1BagParse.Record || record.Op != Ros1BagOp.Chunk) continue;
            compressions.Add(Ros1BagChunk.CompressionOf(head.AsSpan()[record.Text]) is { } known ? Ros1BagChunk.NameOf(known) : "unknown");
            stored += record.DataBytes;
            records += record.Size;
        }

        return new Dictionary<string, string>
        {
            ["count"] = index.Chunks.Count.ToString(CultureInfo.InvariantCulture),
            ["sampled"] = sampled.ToString(CultureInfo.InvariantCulture),
            ["compression"] = string.Join(", ", compressions),
            ["stored_bytes"] = stored.ToString(CultureInfo.InvariantCulture),
            ["uncompressed_bytes"] = records.ToString(CultureInfo.InvariantCulture),
        };
    }

    /// <summary>Reads a sound index, its connections taken in; null when there is none.</summary>
    private async ValueTask<Ros1BagIndex?> TryReadIndexAsync(CancellationToken cancellationToken)
    {
        if (!Ros1BagIndex.HasPlace(source, header)) return null;
        List<(byte[] Bytes, Ros1BagRecord Record, long Offset)> found = [];
        var index = await Ros1BagIndex.ReadAsync(source, header.IndexPosition, header, maxDefinitionBytes,
            (bytes, record, offset) => found.Add((bytes.ToArray(), record, offset)), cancellationToken).ConfigureAwait(false);
        if (!index.IsSound) return null;
        foreach (var (bytes, record, offset) in found)
        {
            // What reading has met already stands; a contradiction is reported where reading meets it.
            if (connections.IndexOf(record.Connection) < 0) connections.Add(bytes, record, offset);
        }

        return index;
    }

    private async ValueTask PlanAsync(CancellationToken cancellationToken)
    {
        var index = await TryReadIndexAsync(cancellationToken).ConfigureAwait(false);
        if (index is null) return;
        walker.Follow([.. index.Chunks.Where(IsWanted).Select(chunk => chunk.Position)]);

        bool IsWanted(Ros1BagIndex.ChunkInfo chunk)
        {
            if (chunk.StartTimeNs > query.EndTimeNs || chunk.EndTimeNs < query.StartTimeNs) return false;
            return query.Topics is null || chunk.Counts.Any(count => connections.IndexOf(count.Connection) is var channel && (channel < 0 || connections.IsWanted(channel)));
        }
    }
}
