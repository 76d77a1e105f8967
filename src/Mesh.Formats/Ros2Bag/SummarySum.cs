namespace Mesh.Formats.Ros2Bag;

/// <summary>Adds up the summaries of a bag's files; what they leave open is taken from <c>metadata.yaml</c>.</summary>
internal sealed class SummarySum(BagMetadata? metadata)
{
    private readonly Dictionary<int, long?> messagesByChannel = [];
    private readonly List<RecordingAttachment> attachments = [];
    private readonly List<RecordingEvent> events = [];
    private readonly List<RecordingMetadata> groups = [];
    private long? messages = 0;
    private ulong? start;
    private ulong? end;
    private int files;
    private bool isTimeComplete = true;

    /// <summary>Adds a file's summary.</summary>
    /// <param name="summary">Null when the file has none.</param>
    /// <param name="channels">The channel of the whole for each of the file's.</param>
    public void Add(RecordingSummary? summary, List<int> channels)
    {
        files++;
        messages += summary?.Messages;
        if (summary is null)
        {
            isTimeComplete = false;
            return;
        }

        if (summary.Messages != 0 && summary.StartTimeNs is null) isTimeComplete = false;
        if (summary.StartTimeNs is { } first) start = Math.Min(start ?? ulong.MaxValue, first);
        if (summary.EndTimeNs is { } last) end = Math.Max(end ?? 0, last);
        foreach (var (channel, count) in summary.Channels)
        {
            int index = channels[channel.Index];
            messagesByChannel[index] = messagesByChannel.GetValueOrDefault(index, 0) + count;
        }

        attachments.AddRange(summary.Attachments);
        events.AddRange(summary.Events);
        groups.AddRange(summary.Metadata.Where(group => !groups.Exists(known => known.Name == group.Name && known.Values.SequenceEqual(group.Values))));
    }

    public RecordingSummary ToSummary(List<RecordingChannel> channels)
    {
        bool areCounted = files > 0 && messages is not null;
        return new RecordingSummary
        {
            Version = metadata is null ? "" : metadata.Version.ToString(System.Globalization.CultureInfo.InvariantCulture),
            Messages = areCounted ? messages : metadata?.MessageCount,
            StartTimeNs = files > 0 && isTimeComplete ? start : metadata?.StartTimeNs,
            EndTimeNs = files > 0 && isTimeComplete ? end : metadata?.EndTimeNs,
            Channels = [.. channels.Select(channel => new ChannelSummary(channel, areCounted ? messagesByChannel.GetValueOrDefault(channel.Index, 0) : CountOf(channel)))],
            Attachments = attachments,
            Events = events,
            Metadata = [.. groups, .. CustomData()],
        };
    }

    private long? CountOf(RecordingChannel channel)
    {
        if (metadata is null) return null;
        foreach (var topic in metadata.Topics)
        {
            if (topic.Name == channel.Topic && (channel.Schema is null || topic.Type == channel.Schema.Name)) return topic.Messages;
        }

        return null;
    }

    private IEnumerable<RecordingMetadata> CustomData()
    {
        if (metadata is { CustomData.Count: > 0 } && !groups.Exists(group => group.Name == "custom_data")) yield return new RecordingMetadata("custom_data", metadata.CustomData);
    }
}
