namespace Mesh.Training.Search;

/// <summary>How long trials run.</summary>
public sealed record SchedulerOptions
{
    /// <summary>The method (default: none).</summary>
    public SchedulerKind Kind { get; init; }

    /// <summary>Steps that every trial may make: the median's first judgement, ASHA's first rung, what the shortest trial of the others gets (default: 1).</summary>
    public long Grace { get; init; } = 1;

    /// <summary>ASHA, successive halving, Hyperband: one in so many goes on, with so many times as much (default: 3).</summary>
    public int Reduction { get; init; } = 3;

    /// <summary>Median: complete trials before the first is pruned (default: 5).</summary>
    public int Startup { get; init; } = 5;

    /// <summary>Successive halving, Hyperband: what the longest trial gets; ASHA: the last rung lies below it. 0 for no limit, with ASHA only.</summary>
    public long Most { get; init; }

    /// <summary>Successive halving, Hyperband: hyperparameter that says how much a trial may spend (default: <c>epochs</c>).</summary>
    public string Resource { get; init; } = "epochs";

    /// <summary>Successive halving: trials of the first rung (default: 9).</summary>
    public int Configurations { get; init; } = 9;

    /// <summary>Whether the scheduler plans rungs that wait for each other.</summary>
    public bool IsPlanned => Kind is SchedulerKind.SuccessiveHalving or SchedulerKind.Hyperband;
}
