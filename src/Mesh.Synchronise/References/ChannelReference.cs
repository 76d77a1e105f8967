namespace Mesh.Synchronise;

/// <summary>Every sample of a channel makes a frame, or those that fulfil a condition do: sensors, trigger events.</summary>
/// <param name="Channel">Topic as recorded.</param>
public sealed record ChannelReference(string Channel) : FrameReference
{
    /// <summary>Added to the channel's stamps, nanoseconds (default: 0).</summary>
    public long LatencyNs { get; init; }

    /// <summary>Which samples are events (default: null, all of them).</summary>
    public EventCondition? When { get; init; }
}
