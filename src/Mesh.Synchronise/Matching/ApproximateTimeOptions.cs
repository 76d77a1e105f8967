namespace Mesh.Synchronise.Matching;

/// <summary>Options of <see cref="ApproximateTimeMatcher"/>, named as in ROS message_filters.</summary>
public sealed record ApproximateTimeOptions
{
    /// <summary>Messages kept per channel, at least 1 (default: 100). When one more arrives the oldest of that channel is dropped.</summary>
    public int QueueSize { get; init; } = 100;

    /// <summary>How much a later set must be better to be waited for, 0 to 1 000 000 (default: 0.1); 0 always takes the tightest.</summary>
    public double AgePenalty { get; init; } = 0.1;

    /// <summary>Widest set formed, nanoseconds, 0 or above (default: no limit).</summary>
    public long MaxIntervalNs { get; init; } = long.MaxValue;

    /// <summary>
    /// Per channel the least time between two messages, nanoseconds, 0 or above (default: empty, nothing is assumed). Shortens the wait;
    /// a bound larger than the truth changes the sets silently.
    /// </summary>
    public IReadOnlyList<long> LowerBoundsNs { get; init; } = [];

    /// <summary>Which reference is reproduced (default: ROS 1).</summary>
    public ApproximateTimeArithmetic Arithmetic { get; init; } = ApproximateTimeArithmetic.Ros1;

    /// <summary>
    /// Whether the end of the recording publishes the candidate that still waited to be proven best (default: no, as the references). Nothing
    /// before the end changes.
    /// </summary>
    public bool FlushAtEnd { get; init; }
}
