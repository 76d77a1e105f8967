namespace Mesh.Training.Search;

/// <summary>Who decides how long a trial runs.</summary>
public enum SchedulerKind
{
    /// <summary>Nobody: each runs to its end.</summary>
    None,
    /// <summary>A trial is pruned when its best value is worse than the median of the complete trials at the same step.</summary>
    Median,
    /// <summary>Asynchronous successive halving: at each rung a trial must be among the best of those that have come there.</summary>
    Asha,
    /// <summary>Many trials with little, the best of them again with more, and so on; each rung waits for the one before.</summary>
    SuccessiveHalving,
    /// <summary>Successive halving several times, from many short trials to few long ones.</summary>
    Hyperband,
}
