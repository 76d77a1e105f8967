namespace Mesh.Synchronise.Watermarks;

/// <summary>Options of <see cref="WatermarkBuffer{T}"/>.</summary>
public sealed record WatermarkOptions
{
    /// <summary>
    /// How far a message may lie behind the latest stamp and still be put in order, nanoseconds, 0 or above (default: 500 ms). The delay of
    /// the output is at least this.
    /// </summary>
    public long LatenessNs { get; init; } = 500_000_000;

    /// <summary>
    /// Per channel a lateness of its own, nanoseconds (default: empty). When given, the watermark is the least of (latest stamp - lateness)
    /// over the active channels instead of the latest stamp of all less <see cref="LatenessNs"/>.
    /// </summary>
    public IReadOnlyList<long> ChannelLatenessNs { get; init; } = [];

    /// <summary>
    /// With <see cref="ChannelLatenessNs"/>: a channel this far behind the latest stamp no longer holds the watermark back, nanoseconds, not
    /// less than any of them (default: 10 s). One that never spoke counts from the first stamp of all.
    /// </summary>
    public long InactivityNs { get; init; } = 10_000_000_000;

    /// <summary>
    /// A message this far ahead of the latest stamp is held back until a second channel or three messages in a row of its own confirm it,
    /// nanoseconds (default: 10 s); null trusts every stamp.
    /// </summary>
    public long? MaxAheadNs { get; init; } = 10_000_000_000;

    /// <summary>
    /// A message this far behind the watermark may begin a new segment (a rewound log), once confirmed in the same way, nanoseconds
    /// (default: null, it is late).
    /// </summary>
    public long? SegmentJumpNs { get; init; }

    /// <summary>
    /// Bytes held (default: 64 MiB). Above it the earliest stamps are released before their time and the watermark rises past them, which
    /// <see cref="WatermarkBuffer{T}.ForcedReleases"/> counts: from there on the order of arrival matters.
    /// </summary>
    public long MaxBytes { get; init; } = 64L << 20;

    /// <summary>Latest stamp of a stream that is gone on with (default: null, it begins): the first message is judged by it.</summary>
    public long? ResumeLatestNs { get; init; }

    /// <summary>Least watermark, nanoseconds (default: none): whatever is before it has been dealt with and is late.</summary>
    public long FloorNs { get; init; } = long.MinValue;
}
