using System.Text.Json;
using Mesh.Training.Running;

namespace Mesh.Training.Kubernetes;

/// <summary>Copies what the pods of a Job print to the job's log, as they print it.</summary>
internal sealed class PodLogs(KubernetesClient client, string space, string jobName, TrainerLog log, DateTimeOffset? since, TimeProvider time)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private readonly HashSet<string> done = [];

    /// <summary>Copies until cancelled, then what there is of pods that were not seen before.</summary>
    /// <param name="jobEnds">Cancelled when the Job has ended.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task CopyAsync(CancellationToken jobEnds, CancellationToken cancellationToken)
    {
        while (true)
        {
            bool isLast = jobEnds.IsCancellationRequested;
            foreach (var pod in await client.ListPodsAsync(space, jobName, cancellationToken).ConfigureAwait(false)) await CopyAsync(pod, cancellationToken).ConfigureAwait(false);
            if (isLast) return;
            await Task.Delay(Look, time, jobEnds).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task CopyAsync(JsonElement pod, CancellationToken cancellationToken)
    {
        string name = JobStatus.Metadata(pod, "name");
        if (!JobStatus.HasBegun(pod) || done.Contains(name)) return;
        using var response = await client.OpenLogAsync(space, name, JobManifest.Container, since, cancellationToken).ConfigureAwait(false);
        if (response is null) return;
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await log.CopyAsync(stream, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            log.WriteLine($"-- the log of pod {name} broke off: {exception.Message}");
        }

        done.Add(name);
    }
}
