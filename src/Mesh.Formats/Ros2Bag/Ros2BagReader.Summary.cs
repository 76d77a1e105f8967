using System.Globalization;
using Mesh.Formats.Ros2Bag.Sqlite;

namespace Mesh.Formats.Ros2Bag;

/// <content>What the bag says about itself.</content>
public sealed partial class Ros2BagReader
{
    // Counting walks all leaf pages: cheap for a small file, a whole read for a large one.
    private const long MaxCountedBytes = 64L << 20;

    /// <inheritdoc/>
    /// <remarks>
    /// Messages are counted in files of up to 64 MiB; in larger ones they come from <c>metadata.yaml</c>, as far as it speaks of this file alone.
    /// The times come from the ends of the timestamp index.
    /// </remarks>
    public override async ValueTask<RecordingSummary?> ReadSummaryAsync(CancellationToken cancellationToken)
    {
        var metadata = await BagMetadata.ReadAsync(options.Folder, new LossList(1), cancellationToken).ConfigureAwait(false);
        if (metadata is not null && !metadata.Files.Contains(fileName)) metadata = null;
        long? first = null, last = null;
        if (layout.TimestampIndexRoot != 0)
        {
            first = await SqliteIndexEnds.ReadAsync(pager, layout.TimestampIndexRoot, last: false, cancellationToken).ConfigureAwait(false);
            last = await SqliteIndexEnds.ReadAsync(pager, layout.TimestampIndexRoot, last: true, cancellationToken).ConfigureAwait(false);
        }

        long[]? counts = null;
        long? messages = null;
        if ((long)pager.PageCount * pager.Header.PageSize <= MaxCountedBytes)
        {
            var counted = await CountAsync(cancellationToken).ConfigureAwait(false);
            counts = counted.ByChannel;
            messages = counts.Sum();
            (first, last) = (counted.First, counted.Last);
        }
        else if (metadata is not null)
        {
            messages = metadata.MessagesByFile.TryGetValue(fileName, out long ofFile) ? ofFile : metadata.Files.Count == 1 ? metadata.MessageCount : null;
            if (metadata.Files.Count == 1)
            {
                counts = [.. layout.Channels.Select(channel => metadata.Topics.Where(topic => topic.Name == channel.Topic && topic.Type == channel.Schema?.Name).Sum(topic => topic.Messages))];
                if (counts.Sum() != messages) counts = null;
            }
        }

        return new RecordingSummary
        {
            Version = layout.SchemaVersion.ToString(CultureInfo.InvariantCulture),
            Messages = messages,
            StartTimeNs = first is { } start ? (ulong)Math.Max(start, 0) : null,
            EndTimeNs = last is { } end ? (ulong)Math.Max(end, 0) : null,
            Channels = [.. layout.Channels.Select((channel, index) => new ChannelSummary(channel, counts?[index]))],
            Metadata = MetadataOf(metadata),
        };
    }

    /// <summary>Counts the rows that the tree leads to, without their payloads.</summary>
    private async ValueTask<(long[] ByChannel, long? First, long? Last)> CountAsync(CancellationToken cancellationToken)
    {
        long[] counts = new long[layout.Channels.Count];
        long? first = null, last = null;
        if (layout.MessagesRoot == 0) return (counts, first, last);
        var walk = new SqliteBtree(pager, layout.MessagesRoot, new PageSet(), new LossList(1));
        var row = new SqliteColumn[MaxColumns];
        while (await walk.NextAsync(cancellationToken).ConfigureAwait(false))
        {
            var leaf = walk.Leaf.Span;
            for (int i = 0; i < walk.Cells; i++)
            {
                if (!SqliteCell.TryRead(leaf, walk.HeaderAt, i, pager.Header.UsableSize, out var cell)) continue;
                var local = leaf.Slice(cell.LocalOffset, cell.LocalBytes);
                if (!SqliteRecord.TryList(local, cell.PayloadBytes, row, out int count) || layout.TopicColumn >= count || layout.TimestampColumn >= count) continue;
                if (!SqliteRecord.TryInteger(local, row[layout.TopicColumn], out long topic) || !SqliteRecord.TryInteger(local, row[layout.TimestampColumn], out long time)) continue;
                int channel = layout.ChannelOf(topic);
                if (channel < 0) continue;
                counts[channel]++;
                first = Math.Min(first ?? long.MaxValue, time);
                last = Math.Max(last ?? long.MinValue, time);
            }
        }

        return (counts, first, last);
    }

    private List<RecordingMetadata> MetadataOf(BagMetadata? metadata)
    {
        var values = new Dictionary<string, string> { ["storage_identifier"] = "sqlite3" };
        string distribution = layout.Distribution.Length > 0 ? layout.Distribution : metadata?.Distribution ?? "";
        if (distribution.Length > 0) values["ros_distro"] = distribution;
        List<RecordingMetadata> groups = [new RecordingMetadata("rosbag2", values)];
        if (metadata is { CustomData.Count: > 0 }) groups.Add(new RecordingMetadata("custom_data", metadata.CustomData));
        return groups;
    }
}
