using System.Text.Json.Nodes;
using Mesh.Testing;
using Mesh.Training.Jobs;
using Mesh.Training.Kubernetes;
using Mesh.Training.Pools;
using Mesh.Training.Running;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Training.Tests.Kubernetes;

/// <summary>The same requests against a cluster that somebody else runs.</summary>
public sealed class RealClusterTests : IDisposable
{
    private readonly RunnerFixture fixture = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task A_real_cluster_takes_the_manifest_watches_runs_logs_and_deletes()
    {
        string? kubeconfig = Environment.GetEnvironmentVariable("MESH_TEST_KUBECONFIG");
        Assert.SkipWhen(kubeconfig is null, "needs a Kubernetes cluster: MESH_TEST_KUBECONFIG=FILE names one");
        using var client = new KubernetesClient(Kubeconfig.Read(kubeconfig!, null), NullLogger.Instance, TimeProvider.System);
        var runner = fixture.Runner("$GOOD; $SUCCESS");
        var request = RunnerFixture.Request($"real {Guid.NewGuid()}");
        (await fixture.RunAsync(runner, request)).State.ShouldBe(JobState.Succeeded);
        var folder = fixture.FolderOf(request);
        var cluster = new KubernetesPoolOptions { Image = Environment.GetEnvironmentVariable("MESH_TEST_KUBE_IMAGE") ?? "busybox", Claim = "none", RunAs = (1000, 1000) };
        var pool = new PoolOptions { Name = "cpu", Runner = PoolRunner.Kubernetes, Kubernetes = cluster };
        using var attempt = new RunningAttempt(Stop);
        var manifest = JobManifest.Make(new AttemptPlan { Spec = JobSpec.Read(folder.SpecFile), Folder = folder, Pool = pool, Attempt = attempt }, cluster, TimeSpan.FromSeconds(5));

        // The cluster has no volume of ours: an empty one stands in, and a command of its own.
        var pod = manifest["spec"]!["template"]!["spec"]!;
        pod["volumes"] = new JsonArray(new JsonObject { ["name"] = "job", ["emptyDir"] = new JsonObject() });
        pod["containers"]![0]!["command"] = new JsonArray("sh", "-c", "echo hello; exit 2");
        string name = (string)manifest["metadata"]!["name"]!;
        try
        {
            var made = (await client.CreateJobAsync(client.Namespace, manifest, Stop)).ShouldNotBeNull();
            (await client.CreateJobAsync(client.Namespace, manifest, Stop)).ShouldBeNull("the second is a conflict");
            string version = JobStatus.Metadata(made, "resourceVersion");
            (bool IsComplete, string Reason, string Message)? end = null;
            while (end is null)
            {
                await foreach (var (type, job) in client.WatchJobAsync(client.Namespace, name, version, Stop))
                {
                    version = JobStatus.Metadata(job, "resourceVersion");
                    if (type != "BOOKMARK" && (end = JobStatus.EndOf(job)) is not null) break;
                }
            }

            var pods = await client.ListPodsAsync(client.Namespace, name, Stop);
            JobStatus.ResultOf(end.Value, pods).ExitCode.ShouldBe(2);
            end.Value.Reason.ShouldBe("PodFailurePolicy");
            using var log = (await client.OpenLogAsync(client.Namespace, JobStatus.Metadata(pods[0], "name"), JobManifest.Container, null, Stop)).ShouldNotBeNull();
            (await log.Content.ReadAsStringAsync(Stop)).ShouldBe("hello\n");
        }
        finally
        {
            await client.DeleteJobAsync(client.Namespace, name, CancellationToken.None);
        }

        await Eventually.TrueAsync(async () => await client.FindJobAsync(client.Namespace, name, Stop) is null, Stop);
    }
}
