using Mesh.Training.Jobs;
using Mesh.Training.Pools;

namespace Mesh.Training.Running;

/// <summary>An attempt whose spec and inputs are in place.</summary>
internal sealed record AttemptPlan
{
    public required JobSpec Spec { get; init; }
    public required JobFolder Folder { get; init; }
    public required PoolOptions Pool { get; init; }

    /// <summary>Who may end it, and why.</summary>
    public required RunningAttempt Attempt { get; init; }
    public string? TraceParent { get; init; }
}
