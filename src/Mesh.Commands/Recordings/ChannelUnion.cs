using Mesh.Formats;

namespace Mesh.Commands.Recordings;

/// <summary>The channels of several recordings as one list: equal ones are one.</summary>
internal sealed class ChannelUnion
{
    private readonly List<RecordingChannel> channels = [];

    public IReadOnlyList<RecordingChannel> Channels => channels;

    /// <summary>Index of the channel in the union.</summary>
    public int Add(RecordingChannel channel)
    {
        foreach (var known in channels)
        {
            if (known.Topic == channel.Topic && known.MessageEncoding == channel.MessageEncoding && MessageSchema.AreSame(known.Schema, channel.Schema) && SameMetadata(known, channel)) return known.Index;
        }

        channels.Add(channel with { Index = channels.Count });
        return channels.Count - 1;
    }

    private static bool SameMetadata(RecordingChannel one, RecordingChannel other) =>
        one.Metadata.Count == other.Metadata.Count
        && one.Metadata.All(pair => other.Metadata.TryGetValue(pair.Key, out string? value) && value == pair.Value);
}
