using System.Collections.Concurrent;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Training.Running;
using Microsoft.Extensions.Logging;

namespace Mesh.Training.Tracking;

/// <summary>
/// Makes a run of every attempt at a job: parameters and tags when it begins, metrics while the trainer writes them, results when it has ended.
/// What the database could not take meanwhile, or a dead process left, is completed by <see cref="RecoverAsync"/>.
/// </summary>
public sealed class JobTracker : IJobObserver
{
    /// <summary>Bytes of <c>metrics.jsonl</c> that are followed; a job's output with more is refused anyway.</summary>
    private const long MaxMetricsBytes = 64L << 20;

    private static readonly TimeSpan DatabaseRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);

    private readonly TrackingStore store;
    private readonly ModelStore models;
    private readonly string jobsFolder;
    private readonly string codeVersion;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly MetricsFollower follower;
    private readonly ConcurrentDictionary<(string JobId, int Attempt), Following> running = new();

    /// <param name="database">Runs, jobs and models.</param>
    /// <param name="options">Where the jobs' files are.</param>
    /// <param name="logger">Log.</param>
    /// <param name="time">Clock.</param>
    public JobTracker(MetadataDatabase database, TrainingOptions options, ILogger logger, TimeProvider time)
    {
        store = new TrackingStore(database, time);
        models = new ModelStore(database);
        jobsFolder = Path.GetFullPath(options.JobsFolder);
        codeVersion = options.CodeVersion;
        this.logger = logger;
        this.time = time;
        follower = new MetricsFollower(time);
    }

    /// <inheritdoc/>
    public void Started(JobAttempt attempt)
    {
        var following = new Following();
        following.Task = FollowAsync(attempt, following);
        running[(attempt.JobId, attempt.Attempt)] = following;
    }

    /// <inheritdoc/>
    public async Task EndedAsync(JobAttempt attempt, JobAttemptEnd end)
    {
        if (running.TryRemove((attempt.JobId, attempt.Attempt), out var following))
        {
            Volatile.Write(ref following.HasEnded, true);
            await following.Task.ConfigureAwait(false);
        }

        await TrackedAsync(attempt, async () =>
        {
            await store.BeginAttemptAsync(attempt, CancellationToken.None).ConfigureAwait(false);
            CrashPoint.Reach("tracking.before-end");
            await store.EndAttemptAsync(attempt, end, time.GetUtcNow(), CancellationToken.None).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Left(JobAttempt attempt)
    {
        if (running.TryRemove((attempt.JobId, attempt.Attempt), out var following)) Volatile.Write(ref following.HasEnded, true);
    }

    /// <inheritdoc/>
    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        int recovered = 0;
        foreach (var open in await store.ListOpenAttemptsAsync(cancellationToken).ConfigureAwait(false))
        {
            var attempt = new JobAttempt(open.JobId, open.Attempt, open.Request, codeVersion, new JobFolder(Path.Combine(jobsFolder, open.JobId)), open.StartedAt);
            var end = open.End ?? new JobAttemptEnd(JobAttemptResult.Stopped, "The attempt ended with the process that ran it, or before attempts were tracked.");
            if (open.Model is { } made && await models.FindAsync(made.Name, made.Version, cancellationToken).ConfigureAwait(false) is { } model)
            {
                end = new JobAttemptEnd(JobAttemptResult.Registered, model.Reason) { Model = model };
            }

            long offset = await store.BeginAttemptAsync(attempt, cancellationToken).ConfigureAwait(false);
            await ReadMetricsAsync(attempt, offset, () => true).ConfigureAwait(false);
            await store.EndAttemptAsync(attempt, end, open.EndedAt ?? time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
            recovered++;
        }

        if (recovered > 0) Log.RunsRecovered(logger, recovered);
    }

    private Task FollowAsync(JobAttempt attempt, Following following) => TrackedAsync(attempt, async () =>
    {
        long offset = await store.BeginAttemptAsync(attempt, CancellationToken.None).ConfigureAwait(false);
        await ReadMetricsAsync(attempt, offset, () => Volatile.Read(ref following.HasEnded)).ConfigureAwait(false);
    });

    private async Task ReadMetricsAsync(JobAttempt attempt, long offset, Func<bool> hasEnded)
    {
        string runId = TrackingStore.RunIdOf(attempt.JobId, attempt.Attempt);
        string file = Path.Combine(attempt.Folder.OutputOf(attempt.Attempt), JobOutput.MetricsFile);
        try
        {
            await foreach (var batch in follower.FollowBatchesAsync(file, offset, hasEnded, CancellationToken.None).ConfigureAwait(false))
            {
                await store.AddStreamedAsync(runId, offset, batch, CancellationToken.None).ConfigureAwait(false);
                CrashPoint.Reach("tracking.after-metrics");
                offset = batch.Offset;
                if (offset > MaxMetricsBytes) return;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A folder or a link where the file should be; the job's own check says so.
            Log.RunNotTracked(logger, attempt.JobId, attempt.Attempt, exception.Message);
        }
    }

    // Waits for a database that is away for a moment. A job does not wait for longer: its run is completed at the next start.
    private async Task TrackedAsync(JobAttempt attempt, Func<Task> work)
    {
        long began = time.GetTimestamp();
        while (true)
        {
            try
            {
                await work().ConfigureAwait(false);
                return;
            }
            catch (MeshException exception) when (exception.IsTransient && time.GetElapsedTime(began) < LongestRetry)
            {
                await Task.Delay(DatabaseRetry, time, CancellationToken.None).ConfigureAwait(false);
            }
            catch (MeshException exception)
            {
                Log.RunNotTracked(logger, attempt.JobId, attempt.Attempt, exception.Message);
                return;
            }
        }
    }

    private sealed class Following
    {
        public bool HasEnded;
        public Task Task = Task.CompletedTask;
    }
}
