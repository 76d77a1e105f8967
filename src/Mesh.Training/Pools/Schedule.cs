namespace Mesh.Training.Pools;

/// <summary>What is to happen with the jobs now.</summary>
internal sealed class Schedule
{
    /// <summary>Jobs to start, with their pool, in this order.</summary>
    public List<(WaitingJob Job, PoolOptions Pool)> Starts { get; } = [];

    /// <summary>Jobs to make room, and for whom.</summary>
    public List<(OccupyingJob Job, string Reason)> Preemptions { get; } = [];

    /// <summary>Why the others wait, in the order in which they are looked at.</summary>
    public List<(WaitingJob Job, string Why)> Waits { get; } = [];
}
