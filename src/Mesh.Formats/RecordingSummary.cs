namespace Mesh.Formats;

/// <summary>What a recording says about itself, taken from its header and index without reading the messages.</summary>
public sealed record RecordingSummary
{
    /// <summary>Version as the format writes it: <c>4.10</c>, <c>2.0</c>; empty when it has none.</summary>
    public string Version { get; init; } = "";

    /// <summary>Number of messages; null when only reading all of them would tell.</summary>
    public long? Messages { get; init; }

    /// <summary>Earliest log time, nanoseconds since 1970, UTC; null when unknown or without messages.</summary>
    public ulong? StartTimeNs { get; init; }

    /// <summary>Latest log time, nanoseconds since 1970, UTC; null when unknown or without messages.</summary>
    public ulong? EndTimeNs { get; init; }

    /// <summary>The channels, by <see cref="RecordingChannel.Index"/>.</summary>
    public IReadOnlyList<ChannelSummary> Channels { get; init; } = [];

    /// <summary>Files kept in the recording.</summary>
    public IReadOnlyList<RecordingAttachment> Attachments { get; init; } = [];

    /// <summary>Marks on the time line.</summary>
    public IReadOnlyList<RecordingEvent> Events { get; init; } = [];

    /// <summary>Named groups of key-value pairs: MCAP metadata, MDF header comments and file history, the profile, the recording tool.</summary>
    public IReadOnlyList<RecordingMetadata> Metadata { get; init; } = [];
}
