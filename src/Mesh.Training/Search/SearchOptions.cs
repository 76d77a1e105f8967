namespace Mesh.Training.Search;

/// <summary>How a space is searched.</summary>
public sealed record SearchOptions
{
    /// <summary>Most trials of a search.</summary>
    public const int MaxTrials = 10_000;

    /// <summary>What is better.</summary>
    public SearchDirection Direction { get; init; }

    /// <summary>Where points come from.</summary>
    public SamplerOptions Sampler { get; init; } = new();

    /// <summary>How long trials run.</summary>
    public SchedulerOptions Scheduler { get; init; } = new();

    /// <summary>Seed of everything random (default: 0).</summary>
    public ulong Seed { get; init; }

    /// <summary>Trials asked for at most (default: 10,000).</summary>
    public int Trials { get; init; } = MaxTrials;
}
