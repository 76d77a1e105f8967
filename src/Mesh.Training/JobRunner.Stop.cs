using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Jobs;
using Mesh.Training.Running;

namespace Mesh.Training;

public sealed partial class JobRunner
{
    private const int LongestReason = 500;
    private static readonly TimeSpan StopCheck = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Cancels a job that has not ended: it never runs again and makes no model. Its trainer, should one run, is told with SIGTERM and killed
    /// with all that it started after the grace period; this is not waited for.
    /// </summary>
    /// <param name="jobId">The job's id, or a unique beginning of it.</param>
    /// <param name="reason">Why, for the record.</param>
    /// <param name="cancellationToken">Stops waiting for the database.</param>
    /// <returns>The job as it is now. One that was cancelled before stays as it was.</returns>
    /// <exception cref="MeshException">
    /// <c>MESH9011</c> there is no such job; <c>MESH9012</c> no reason, or one that is too long; <c>MESH9013</c> the job has ended.
    /// </exception>
    public async ValueTask<JobEntry> CancelAsync(string jobId, string reason, CancellationToken cancellationToken)
    {
        string text = CheckReason(reason);
        var job = await RequireJobAsync(jobId, cancellationToken).ConfigureAwait(false);
        bool isNew = await database.WriteAsync(
            transaction => JobStore.CancelAsync(transaction, job.JobId, $"cancelled: {text}", UnixMicros.Of(time.GetUtcNow())), cancellationToken).ConfigureAwait(false);
        var now = await RequireJobAsync(job.JobId, cancellationToken).ConfigureAwait(false);
        if (now.State != JobState.Cancelled)
        {
            throw new MeshException("MESH9013", $"Job {job.JobId} has ended ({now.State.ToString().ToLowerInvariant()}: {now.Reason}); there is nothing to cancel.");
        }

        if (!isNew) return now;
        Log.JobCancelled(logger, job.JobId, text);
        StopLocally(job.JobId, RunningAttempt.StopCause.Cancelled, text);
        jobsChanged.Release();
        return now;
    }

    /// <summary>
    /// Has a running job make room: its trainer is told with SIGTERM, its checkpoint is kept, and it waits to run again. That is no failure.
    /// </summary>
    /// <param name="jobId">The job's id, or a unique beginning of it.</param>
    /// <param name="reason">Why, for the record.</param>
    /// <param name="cancellationToken">Stops waiting for the database.</param>
    /// <returns>The job as it is now: still running, until its trainer has ended.</returns>
    /// <exception cref="MeshException"><c>MESH9011</c>, <c>MESH9012</c> as of <see cref="CancelAsync"/>; <c>MESH9018</c> the job does not run.</exception>
    public async ValueTask<JobEntry> PreemptAsync(string jobId, string reason, CancellationToken cancellationToken)
    {
        string text = CheckReason(reason);
        var job = await RequireJobAsync(jobId, cancellationToken).ConfigureAwait(false);
        if (!await database.WriteAsync(transaction => JobStore.PreemptAsync(transaction, job.JobId, text), cancellationToken).ConfigureAwait(false))
        {
            throw new MeshException("MESH9018", $"Job {job.JobId} does not run ({job.State.ToString().ToLowerInvariant()}); only a running job can make room.");
        }

        StopLocally(job.JobId, RunningAttempt.StopCause.Preempted, text);
        return await RequireJobAsync(job.JobId, cancellationToken).ConfigureAwait(false);
    }

    private void StopLocally(string jobId, RunningAttempt.StopCause cause, string reason)
    {
        if (!attempts.TryGetValue(jobId, out var attempt)) return;
        if (cause == RunningAttempt.StopCause.Preempted) Log.JobPreempted(logger, jobId, reason);
        attempt.Stop(cause, reason);
    }

    private async Task<JobEntry> RequireJobAsync(string jobId, CancellationToken cancellationToken) =>
        await Jobs.FindAsync(jobId, cancellationToken).ConfigureAwait(false)
            ?? throw new MeshException("MESH9011", $"There is no job '{jobId}', or several begin so. `mesh jobs list` shows them.");

    private static string CheckReason(string reason)
    {
        string text = reason.Trim();
        return text.Length is > 0 and <= LongestReason
            ? text
            : throw new MeshException("MESH9012", $"Give a reason of 1 to {LongestReason} characters: --reason TEXT. It is kept with the job.");
    }

    /// <summary>Ends attempts whose jobs were cancelled or have to make room, when another process says so that shares the database.</summary>
    private async Task FollowStopsAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(StopCheck, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (attempts.IsEmpty || cancellationToken.IsCancellationRequested) continue;
            try
            {
                await FindStopsAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (MeshException exception) when (exception.IsTransient)
            {
                Log.WaitsForDatabase(logger, exception.Message);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async ValueTask FindStopsAsync(CancellationToken cancellationToken)
    {
        string[] running = [.. attempts.Keys];
        if (running.Length == 0) return;
        foreach (var stopped in await database.ReadAsync(session => JobStore.ListStoppedAsync(session, running), cancellationToken).ConfigureAwait(false))
        {
            bool isCancelled = stopped.State == "cancelled";
            StopLocally(stopped.JobId, isCancelled ? RunningAttempt.StopCause.Cancelled : RunningAttempt.StopCause.Preempted, stopped.Reason);
        }
    }
}
