using Mesh.Model;
using Mesh.Training.Jobs;
using Mesh.Training.Pools;

namespace Mesh.Commands.Jobs;

/// <summary>What can be done with jobs: asked of a server over HTTP, within it, or of a state directory that none has. Lists are among the queries.</summary>
public interface IJobs : IAsyncDisposable
{
    /// <summary>Cancels a job that has not ended.</summary>
    /// <exception cref="MeshException"><c>MESH9011</c> to <c>MESH9013</c> as of <see cref="Training.JobRunner.CancelAsync"/>; <c>MESH9015</c> no server runs.</exception>
    Task<JobEntry> CancelAsync(string jobId, StopRequest request, CancellationToken cancellationToken);

    /// <summary>Has a running job make room; it goes on from its checkpoint later.</summary>
    /// <exception cref="MeshException"><c>MESH9011</c>, <c>MESH9012</c>, <c>MESH9018</c> as of <see cref="Training.JobRunner.PreemptAsync"/>; <c>MESH9015</c> no server runs.</exception>
    Task<JobEntry> PreemptAsync(string jobId, StopRequest request, CancellationToken cancellationToken);

    /// <summary>What is known of a job beyond its entry.</summary>
    /// <exception cref="MeshException"><c>MESH9011</c> there is no such job.</exception>
    Task<JobDetails> DescribeAsync(string jobId, CancellationToken cancellationToken);

    /// <summary>Pools, what they are used for, and why jobs wait.</summary>
    Task<IReadOnlyList<PoolView>> ListPoolsAsync(CancellationToken cancellationToken);

    /// <summary>What teams have spent this month.</summary>
    Task<IReadOnlyList<BudgetView>> ListBudgetsAsync(CancellationToken cancellationToken);

    /// <summary>A piece of what a job's trainer printed, from a byte on.</summary>
    /// <exception cref="MeshException"><c>MESH9011</c> there is no such job; <c>MESH9014</c> the log cannot be read.</exception>
    Task<JobLogPart> ReadLogAsync(string jobId, long offset, CancellationToken cancellationToken);
}
