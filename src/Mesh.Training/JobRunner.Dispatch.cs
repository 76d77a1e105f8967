using System.Collections.Concurrent;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Jobs;
using Mesh.Training.Pools;
using Mesh.Training.Running;

namespace Mesh.Training;

public sealed partial class JobRunner
{
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DutyCheck = TimeSpan.FromSeconds(5);

    // Attempts of a dead process that go on without it.
    private readonly ConcurrentQueue<JobStore.ClaimedJob> orphans = new();

    /// <summary>Resumes what a dead process left, then runs jobs until cancelled; running trainers are told to stop and resume on the next start.</summary>
    /// <remarks>Of the processes that share a database one runs jobs: what is marked as running was the dead one's, and may be begun again.</remarks>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var duty = await database.HoldAsync("training", cancellationToken).ConfigureAwait(false);
        await using var _ = duty.ConfigureAwait(false);
        await ResumeAsync(cancellationToken).ConfigureAwait(false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] tasks = [ConfirmAsync(duty, stop.Token), FollowStopsAsync(stop.Token), DispatchAsync(stop)];
        await Task.WhenAny(tasks).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(tasks).ConfigureAwait(false);
    }

    /// <summary>Puts jobs back that ran as processes when Mesh died and ends their trainers, should these still run; Jobs of a cluster go on.</summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        // Before anything can be begun again; also those of jobs that were cancelled, which nobody else looks for.
        await JobProcesses.KillAllAsync(options.JobsFolder, time).ConfigureAwait(false);
        var (resumed, adopted) = await database.WriteAsync(
            async transaction =>
            {
                long nowUs = UnixMicros.Of(time.GetUtcNow());
                var running = await JobStore.ListRunningAsync(transaction).ConfigureAwait(false);
                JobStore.ClaimedJob[] goOn = [.. running.Where(job => pools.Find(job.Pool) is { } pool && AttemptsOf(pool).OutliveMesh)];
                JobStore.ClaimedJob[] toEnd = [.. (await JobStore.ListStoppingAsync(transaction).ConfigureAwait(false)).Where(job => pools.Find(job.Pool) is { } pool && AttemptsOf(pool).OutliveMesh)];
                foreach (var job in running.Except(goOn)) await JobStore.RequeueRunningAsync(transaction, job.JobId, nowUs).ConfigureAwait(false);
                await UsageStore.SettleAllAsync(transaction, nowUs).ConfigureAwait(false);
                return (running.Count - goOn.Length, (JobStore.ClaimedJob[])[.. goOn, .. toEnd]);
            },
            cancellationToken).ConfigureAwait(false);
        if (resumed > 0) Log.JobsResumed(logger, resumed);
        if (observer is not null) await observer.RecoverAsync(cancellationToken).ConfigureAwait(false);
        foreach (var job in adopted)
        {
            Log.AttemptAdopted(logger, job.JobId, job.Attempt, job.Pool);
            orphans.Enqueue(job);
        }
    }

    /// <summary>Runs one attempt of the next job that may run.</summary>
    /// <returns>False when there is none.</returns>
    public async Task<bool> RunNextAsync(CancellationToken cancellationToken)
    {
        var claimed = await ClaimAsync(1, cancellationToken).ConfigureAwait(false);
        if (claimed.Count == 0) return false;
        await RunAttemptAsync(claimed[0], cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Takes the jobs that may start now, and has those stop that must make room.</summary>
    private async Task<IReadOnlyList<JobStore.ClaimedJob>> ClaimAsync(int limit, CancellationToken cancellationToken)
    {
        var claimed = new List<JobStore.ClaimedJob>();
        while (claimed.Count < limit && orphans.TryDequeue(out var orphan)) claimed.Add(orphan);
        if (claimed.Count == limit) return claimed;
        var (started, preempted) = await database.WriteAsync(transaction => ClaimAsync(transaction, limit - claimed.Count), cancellationToken).ConfigureAwait(false);
        foreach (var (jobId, reason) in preempted) StopLocally(jobId, RunningAttempt.StopCause.Preempted, reason);
        if (started.Count > 0) CrashPoint.Reach("training.after-claim");
        return [.. claimed, .. started];
    }

    private async Task<(List<JobStore.ClaimedJob> Started, List<(string JobId, string Reason)> Preempted)> ClaimAsync(MetadataTransaction transaction, int limit)
    {
        var now = time.GetUtcNow();
        var (schedule, _) = await board.DecideAsync(transaction, limit).ConfigureAwait(false);
        var started = new List<JobStore.ClaimedJob>();
        var preempted = new List<(string JobId, string Reason)>();
        foreach (var (job, pool) in schedule.Starts)
        {
            if (await JobStore.ClaimAsync(transaction, job.JobId, pool.Name, UnixMicros.Of(now)).ConfigureAwait(false) is not { } claim) continue;
            await UsageStore.ReserveAsync(transaction, claim.JobId, claim.Attempt, job.Team, pool, job.Needs, MaxSecondsOf(job.Needs), now).ConfigureAwait(false);
            started.Add(claim);
        }

        foreach (var (job, reason) in schedule.Preemptions)
        {
            if (await JobStore.PreemptAsync(transaction, job.JobId, reason).ConfigureAwait(false)) preempted.Add((job.JobId, reason));
        }

        return (started, preempted);
    }

    private async Task DispatchAsync(CancellationTokenSource stop)
    {
        var cancellationToken = stop.Token;
        var running = new ConcurrentDictionary<string, Task>();
        while (!cancellationToken.IsCancellationRequested)
        {
            long roundUs = UnixMicros.Of(time.GetUtcNow());
            try
            {
                foreach (var job in await ClaimAsync(int.MaxValue, cancellationToken).ConfigureAwait(false)) running[job.JobId] = RunTrackedAsync(job, stop);
                foreach (var (jobId, attempt) in running.Where(pair => pair.Value.IsCompletedSuccessfully)) running.TryRemove(KeyValuePair.Create(jobId, attempt));
                await SleepAsync(roundUs, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }
            catch (MeshException exception) when (exception.IsTransient)
            {
                Log.WaitsForDatabase(logger, exception.Message);
                await Task.Delay(DatabaseRetry, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await Task.WhenAll(running.Values).ConfigureAwait(false);
    }

    private async Task RunTrackedAsync(JobStore.ClaimedJob job, CancellationTokenSource stop)
    {
        // Claiming goes on meanwhile.
        await Task.Yield();
        try
        {
            await RunAttemptAsync(job, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The normal end.
        }
        catch
        {
            // Nobody handles what an attempt does not: the stage ends and tells.
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            jobsChanged.Release();
        }
    }

    /// <summary>Returns when cancelled; fails as soon as another process may have begun to run the jobs.</summary>
    private async Task ConfirmAsync(MetadataLease duty, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(DutyCheck, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await duty.ConfirmAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task SleepAsync(long roundUs, CancellationToken cancellationToken)
    {
        // From the round's own moment on: what has become due since is looked at at once.
        long? next = await database.ReadAsync(session => JobStore.NextStartUsAsync(session, roundUs), cancellationToken).ConfigureAwait(false);
        var sleep = next is { } us && UnixMicros.ToTime(us) - time.GetUtcNow() is var until && until < LongestSleep ? until : LongestSleep;
        if (sleep <= TimeSpan.Zero) return;
        using var sleepEnds = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(Task.Delay(sleep, time, sleepEnds.Token), jobsChanged.WaitAsync(sleepEnds.Token)).ConfigureAwait(false);
        await sleepEnds.CancelAsync().ConfigureAwait(false);
    }

    private IAttempts AttemptsOf(PoolOptions pool) => pool.Runner == PoolRunner.Kubernetes ? clusters : processes;

    private long MaxSecondsOf(JobNeeds needs) => needs.MaxSeconds > 0 ? needs.MaxSeconds : (long)Math.Ceiling(options.MaxDuration.TotalSeconds);
}
