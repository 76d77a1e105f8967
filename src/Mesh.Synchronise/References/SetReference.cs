namespace Mesh.Synchronise;

/// <summary>
/// Every set of one message per member channel makes a frame. Members are the inputs without a policy of their own; the others are brought to
/// the set's time, which is the latest stamp in it: the moment at which the set is whole.
/// </summary>
/// <param name="Policy">Who finds the sets.</param>
public sealed record SetReference(SetPolicy Policy) : FrameReference
{
    /// <summary>
    /// Messages per channel that wait for partners (default: 100; of <see cref="SetPolicy.ExactTime"/> rows, 0 for no limit). No meaning for
    /// <see cref="SetPolicy.LatestTime"/> and <see cref="SetPolicy.Optimal"/>.
    /// </summary>
    public int QueueSize { get; init; } = 100;

    /// <summary>How much <see cref="SetPolicy.ApproximateTime"/> prefers earlier sets (default: 0.1, as ROS).</summary>
    public double AgePenalty { get; init; } = 0.1;

    /// <summary>Widest set of <see cref="SetPolicy.ApproximateTime"/>, nanoseconds (default: null, no limit, as ROS).</summary>
    public long? MaxIntervalNs { get; init; }

    /// <summary>
    /// Widest set of <see cref="SetPolicy.Optimal"/> (default: null, the median period of the slowest member channel) and the distance
    /// <see cref="SetPolicy.ApproximateEpsilonTime"/> tolerates (default: null, which is 50 ms), nanoseconds.
    /// </summary>
    public long? ToleranceNs { get; init; }

    /// <summary>
    /// What a set of <see cref="SetPolicy.Optimal"/> is worth, nanoseconds of spread (default: null, the most sets first and among those the
    /// narrowest).
    /// </summary>
    public long? RewardNs { get; init; }

    /// <summary>In which order messages reach the matcher (default: null, which is by stamp for <see cref="SetPolicy.Optimal"/>, otherwise by arrival).</summary>
    public FeedOrder? Order { get; init; }

    internal FeedOrder EffectiveOrder => Policy == SetPolicy.Optimal ? FeedOrder.Stamp : Order ?? FeedOrder.Arrival;
}
