using Mesh.Model;
using Mesh.Training;
using Mesh.Training.Jobs;
using Mesh.Training.Pools;

namespace Mesh.Commands.Jobs;

/// <summary>The jobs within a server.</summary>
/// <param name="runner">Runs them, or knows the database of the process that does.</param>
/// <param name="jobsFolder">Folder of the jobs.</param>
public sealed class LocalJobs(JobRunner runner, string jobsFolder) : IJobs
{
    /// <inheritdoc/>
    public async Task<JobEntry> CancelAsync(string jobId, StopRequest request, CancellationToken cancellationToken) =>
        await runner.CancelAsync(jobId, request.Reason ?? "", cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<JobEntry> PreemptAsync(string jobId, StopRequest request, CancellationToken cancellationToken) =>
        await runner.PreemptAsync(jobId, request.Reason ?? "", cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<JobDetails> DescribeAsync(string jobId, CancellationToken cancellationToken) => DescribeAsync(runner.Jobs, jobsFolder, jobId, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PoolView>> ListPoolsAsync(CancellationToken cancellationToken) => await runner.Board.ListAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<BudgetView>> ListBudgetsAsync(CancellationToken cancellationToken) => await runner.Board.ListBudgetsAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<JobLogPart> ReadLogAsync(string jobId, long offset, CancellationToken cancellationToken) => ReadLogAsync(runner.Jobs, jobsFolder, jobId, offset, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal static async Task<JobLogPart> ReadLogAsync(JobStore jobs, string jobsFolder, string jobId, long offset, CancellationToken cancellationToken) =>
        await JobLog.ReadAsync(jobsFolder, await RequireAsync(jobs, jobId, cancellationToken).ConfigureAwait(false), offset, cancellationToken).ConfigureAwait(false);

    internal static async Task<JobDetails> DescribeAsync(JobStore jobs, string jobsFolder, string jobId, CancellationToken cancellationToken) =>
        await jobs.DescribeAsync(await RequireAsync(jobs, jobId, cancellationToken).ConfigureAwait(false), jobsFolder, cancellationToken).ConfigureAwait(false);

    private static async Task<JobEntry> RequireAsync(JobStore jobs, string jobId, CancellationToken cancellationToken) =>
        await jobs.FindAsync(jobId, cancellationToken).ConfigureAwait(false)
        ?? throw new MeshException("MESH9011", $"There is no job '{jobId}', or several begin so. `mesh jobs list` shows them.");
}
