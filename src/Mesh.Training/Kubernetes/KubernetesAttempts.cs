using System.Collections.Concurrent;
using System.Text.Json;
using Mesh.Model;
using Mesh.Training.Pools;
using Mesh.Training.Running;
using Microsoft.Extensions.Logging;

namespace Mesh.Training.Kubernetes;

/// <summary>
/// Runs attempts as Jobs of a cluster. The Job's name comes from the job and its attempt, so that it is made once; Mesh may end and begin again
/// meanwhile, and finds it by that name.
/// </summary>
internal sealed class KubernetesAttempts(TrainingOptions options, ILogger logger, TimeProvider time) : IAttempts, IDisposable
{
    private static readonly TimeSpan GoneCheck = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LogPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WatchPause = TimeSpan.FromMilliseconds(200);
    private readonly ConcurrentDictionary<string, Lazy<KubernetesClient>> clients = new();

    /// <inheritdoc/>
    public bool OutliveMesh => true;

    /// <inheritdoc/>
    public async Task<AttemptResult> RunAsync(AttemptPlan plan, CancellationToken cancellationToken)
    {
        var cluster = plan.Pool.Kubernetes!;
        var client = ClientOf(cluster);
        string space = cluster.Namespace ?? client.Namespace;
        string name = JobManifest.NameOf(plan.Spec.JobId, plan.Spec.Attempt);
        DateTimeOffset? since = File.Exists(MarkOf(plan)) ? File.GetLastWriteTimeUtc(plan.Folder.LogFile) : null;
        using var log = new TrainerLog(plan.Folder.LogFile, options.MaxLogBytes);
        try
        {
            if (since is null) await CreateAsync(plan, cluster, client, space, name, log, cancellationToken).ConfigureAwait(false);
            using var jobEnds = new CancellationTokenSource();
            using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var logs = new PodLogs(client, space, name, log, since, time).CopyAsync(jobEnds.Token, giveUp.Token);
            AttemptResult result;
            try
            {
                result = await WaitAsync(client, space, name, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                await jobEnds.CancelAsync().ConfigureAwait(false);
                if (!cancellationToken.IsCancellationRequested) giveUp.CancelAfter(LogPatience);
                await EndLogsAsync(logs).ConfigureAwait(false);
            }

            log.WriteLine($"-- {result.Ending.ToString().ToLowerInvariant()}, exit code {result.ExitCode}{(result.Details is null ? "" : $", {result.Details}")}");
            return result;
        }
        catch (OperationCanceledException) when (plan.Attempt.Cause != RunningAttempt.StopCause.None)
        {
            await DeleteAsync(client, space, name).ConfigureAwait(false);
            log.WriteLine($"-- stopped: the Job {space}/{name} was deleted");
            // It may have finished before it was told.
            return new AttemptResult(AttemptEnding.Stopped, JobOutput.IsComplete(plan.Folder.OutputOf(plan.Spec.Attempt)) ? 0 : -1);
        }
    }

    /// <inheritdoc/>
    public async Task EndAsync(string jobId, int attempt, PoolOptions pool)
    {
        var client = ClientOf(pool.Kubernetes!);
        await DeleteAsync(client, pool.Kubernetes!.Namespace ?? client.Namespace, JobManifest.NameOf(jobId, attempt)).ConfigureAwait(false);
    }

    public void Dispose()
    {
        foreach (var client in clients.Values.Where(client => client.IsValueCreated)) client.Value.Dispose();
    }

    private static string MarkOf(AttemptPlan plan) => Path.Combine(plan.Folder.Path, $"kubernetes-{plan.Spec.Attempt}.txt");

    private KubernetesClient ClientOf(KubernetesPoolOptions cluster) => clients.GetOrAdd($"{cluster.Kubeconfig}\n{cluster.Context}", _ => new Lazy<KubernetesClient>(() => new KubernetesClient(
        cluster.Kubeconfig is { } file
            ? Kubeconfig.Read(file, cluster.Context)
            : ServiceAccount.Read(ServiceAccount.Folder, Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST"), Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT")),
        logger, time), LazyThreadSafetyMode.PublicationOnly)).Value;

    private async Task CreateAsync(
        AttemptPlan plan, KubernetesPoolOptions cluster, KubernetesClient client, string space, string name, TrainerLog log, CancellationToken cancellationToken)
    {
        var made = await client.CreateJobAsync(space, JobManifest.Make(plan, cluster, options.GracePeriod), cancellationToken).ConfigureAwait(false);
        CrashPoint.Reach("training.after-create");
        if (made is null)
        {
            var there = await client.FindJobAsync(space, name, cancellationToken).ConfigureAwait(false);
            string digest = JobManifest.DigestOf(plan.Folder.SpecFile);
            if (there is { } job && JobStatus.Annotation(job, JobManifest.SpecAnnotation) != digest)
            {
                throw new MeshException("MESH9114", $"There is a Job {space}/{name} that is not this attempt's: another Mesh uses the namespace. Give each its own with pools.NAME.namespace.");
            }
        }

        // Once it is known to have been made it is never made again, not even when somebody has deleted it.
        AtomicFile.Write(MarkOf(plan), System.Text.Encoding.UTF8.GetBytes($"{space}/{name}\n"));
        log.WriteLine($"-- attempt {plan.Spec.Attempt}, {time.GetUtcNow():u}: Job {space}/{name}, image {cluster.Image}{(made is null ? ", found" : "")}");
        CrashPoint.Reach("training.after-start");
    }

    private async Task<AttemptResult> WaitAsync(KubernetesClient client, string space, string name, CancellationToken cancellationToken)
    {
        string? version = null;
        while (true)
        {
            if (version is null)
            {
                if (await client.FindJobAsync(space, name, cancellationToken).ConfigureAwait(false) is not { } job) return Deleted(space, name);
                if (JobStatus.EndOf(job) is { } end) return JobStatus.ResultOf(end, await client.ListPodsAsync(space, name, cancellationToken).ConfigureAwait(false));
                version = JobStatus.Metadata(job, "resourceVersion");
            }

            try
            {
                await foreach (var (type, item) in client.WatchJobAsync(space, name, version, cancellationToken).ConfigureAwait(false))
                {
                    version = JobStatus.Metadata(item, "resourceVersion");
                    if (type == "DELETED") return Deleted(space, name);
                    if (type != "BOOKMARK" && JobStatus.EndOf(item) is { } end) return JobStatus.ResultOf(end, await client.ListPodsAsync(space, name, cancellationToken).ConfigureAwait(false));
                }
            }
            catch (WatchExpiredException)
            {
                version = null;
            }

            // A server that ends every watch at once is not to be asked without pause.
            await Task.Delay(WatchPause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static AttemptResult Deleted(string space, string name) => new(AttemptEnding.Lost, -1, $"the Job {space}/{name} was deleted");

    private async Task DeleteAsync(KubernetesClient client, string space, string name)
    {
        // Until its pods are gone the next attempt would write to the same checkpoint.
        using var patience = new CancellationTokenSource(options.GracePeriod * 2 + TimeSpan.FromMinutes(1), time);
        try
        {
            await client.DeleteJobAsync(space, name, patience.Token).ConfigureAwait(false);
            while (await client.FindJobAsync(space, name, patience.Token).ConfigureAwait(false) is not null) await Task.Delay(GoneCheck, time, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw new MeshException("MESH9115", $"The Job {space}/{name} could not be deleted in time. It ends by itself when its time is up; `kubectl delete job -n {space} {name}` ends it now.", isTransient: true);
        }
    }

    private static async Task EndLogsAsync(Task logs)
    {
        try
        {
            await logs.ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or MeshException)
        {
            // What the trainer printed is for people; the attempt ends as it ends.
        }
    }
}
