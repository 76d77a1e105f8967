namespace Mesh.Training.Pools;

/// <summary>A job that runs in a pool.</summary>
internal sealed record OccupyingJob
{
    public required string JobId { get; init; }
    public required string Team { get; init; }
    public required int Priority { get; init; }
    public required string Pool { get; init; }
    public required PoolDemand Demand { get; init; }
    public required long StartedAtUs { get; init; }

    /// <summary>How often it had to make room.</summary>
    public required int Preemptions { get; init; }

    /// <summary>Whether it has been told to make room, or was cancelled.</summary>
    public required bool IsStopping { get; init; }
}
