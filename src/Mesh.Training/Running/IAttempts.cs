using Mesh.Model;
using Mesh.Training.Pools;

namespace Mesh.Training.Running;

/// <summary>Runs attempts: as processes or as Jobs of a cluster.</summary>
internal interface IAttempts
{
    /// <summary>Whether attempts go on without Mesh and are found again by it.</summary>
    bool OutliveMesh { get; }

    /// <summary>Runs an attempt, or finds the one that was begun before, until it has ended or is to stop.</summary>
    /// <exception cref="MeshException">It cannot be started.</exception>
    /// <exception cref="OperationCanceledException">Mesh stops and the attempt goes on without it.</exception>
    Task<AttemptResult> RunAsync(AttemptPlan plan, CancellationToken cancellationToken);

    /// <summary>Ends what an attempt left that goes on without Mesh.</summary>
    Task EndAsync(string jobId, int attempt, PoolOptions pool);
}
