namespace Mesh.Commands.Media;

/// <summary>Limits that keep a recording, however large or hostile, from taking the server's memory or time.</summary>
public sealed record MediaLimits
{
    /// <summary>Most columns of a timeline (default: 4,000); more are asked for by nobody with a screen.</summary>
    public int MaxTimelineColumns { get; init; } = 4_000;

    /// <summary>Most gaps named per channel, the longest (default: 200).</summary>
    public int MaxGapsPerChannel { get; init; } = 200;

    /// <summary>Most fixes of a track that are simplified (default: 200,000). Of more, one per equal share of time is taken, and the answer says so.</summary>
    public int MaxFixes { get; init; } = 200_000;

    /// <summary>Most points of a simplified track (default: 20,000). Where the tolerance asked for gives more it is doubled, and the answer says so.</summary>
    public int MaxTrackPoints { get; init; } = 20_000;

    /// <summary>Most frames of a channel that are known by time (default: 2,000,000, 32 MB). Later ones are not offered, and the answer says so.</summary>
    public int MaxIndexedFrames { get; init; } = 2_000_000;

    /// <summary>Most times per channel in a listing (default: 5,000), evenly thinned.</summary>
    public int MaxListedTimes { get; init; } = 5_000;

    /// <summary>Largest stored frame that is read, in bytes (default: 64 MiB).</summary>
    public int MaxPayloadBytes { get; init; } = 64 << 20;

    /// <summary>Most pixels of a picture (default: 36 million), whatever made it.</summary>
    public long MaxPixels { get; init; } = 36_000_000;

    /// <summary>Most points of a cloud (default: 4 million).</summary>
    public int MaxPoints { get; init; } = 4_000_000;

    /// <summary>Most bytes of video looked at for key frames (default: 32 MiB per channel).</summary>
    public long MaxKeyframeBytes { get; init; } = 32 << 20;

    /// <summary>Frames read and encoded at a time (default: 2); others wait.</summary>
    public int MaxConcurrentFrames { get; init; } = 2;

    /// <summary>Memory for what was computed from a snapshot, in bytes (default: 64 MiB).</summary>
    public long MaxCacheBytes { get; init; } = 64 << 20;
}
