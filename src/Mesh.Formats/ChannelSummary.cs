namespace Mesh.Formats;

/// <summary>What the index says of a channel.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="Messages">Number of its messages; null when unknown.</param>
public sealed record ChannelSummary(RecordingChannel Channel, long? Messages);
