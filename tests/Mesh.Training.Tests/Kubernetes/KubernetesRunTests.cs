using Mesh.Testing;
using Mesh.Training.Jobs;
using Mesh.Training.Kubernetes;
using Mesh.Training.Pools;
using static Mesh.Training.Tests.RunnerFixture;

namespace Mesh.Training.Tests.Kubernetes;

/// <summary>Jobs on a cluster whose API server is ours and whose containers are processes that really run.</summary>
public sealed class KubernetesRunTests : IDisposable
{
    private readonly RunnerFixture fixture = new();
    private readonly ApiServer server = new();
    private readonly PoolOptions pool;
    private readonly Dictionary<string, string> scripts = [];

    public KubernetesRunTests()
    {
        File.WriteAllText(fixture["kubeconfig"],
            $$"""
            apiVersion: v1
            kind: Config
            current-context: test
            clusters: [{ name: c, cluster: { server: "{{server.Url}}" } }]
            users: [{ name: u, user: { token: secret } }]
            contexts: [{ name: test, context: { cluster: c, user: u, namespace: ml } }]
            """);
        pool = new PoolOptions
        {
            Name = "cpu", Runner = PoolRunner.Kubernetes, Accelerator = "nvidia-h200", Accelerators = 8, Slots = 4, Cores = 8, MemoryBytes = 64L << 30, Spot = true,
            Kubernetes = new KubernetesPoolOptions
            {
                Kubeconfig = fixture["kubeconfig"], Image = "example.org/trainer@sha256:0", Claim = "mesh-jobs", Resource = "nvidia.com/gpu",
                NodeSelector = new Dictionary<string, string> { ["cloud.google.com/gke-spot"] = "true" }, Tolerations = [("spot", "true", "NoSchedule"), ("nvidia.com/gpu", "", "")],
            },
        };
        fixture.Options = fixture.Options with { Pools = new PoolSet([pool]) };
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        server.Dispose();
        fixture.Dispose();
    }

    [Fact]
    public async Task A_job_runs_as_a_Job_and_its_model_is_registered()
    {
        var job = await RunAsync("echo hello from the pod; cat \"$MESH_INPUT_DIR/train/00000.parquet\"; $GOOD; $SUCCESS");

        job.State.ShouldBe(JobState.Succeeded, job.Reason);
        (job.Pool, job.Attempts, job.ModelVersion).ShouldBe(("cpu", 1, 1));
        (await File.ReadAllTextAsync(LogOf(job), Stop)).ShouldContain("hello from the pod\nnot looked at");
        server.Authorizations.ShouldAllBe(value => value == "Bearer secret");
        Directory.EnumerateFiles(Path.Combine(fixture.Options.JobsFolder, job.JobId, "input"), "*", SearchOption.AllDirectories).ShouldBeEmpty("copies are for the attempt");
    }

    [Fact]
    public async Task The_Job_says_what_the_pool_and_the_contract_say()
    {
        fixture.Options = fixture.Options with { Pools = new PoolSet([pool with { Kubernetes = pool.Kubernetes! with { Queue = "team-a" } }]) };
        var runner = fixture.Runner("unused");
        await runner.AcceptAsync(RequestOf("$GOOD; $SUCCESS"), null, Stop);
        var running = runner.RunNextAsync(Stop);
        await Eventually.TrueAsync(() => server.Jobs.Count == 1, Stop);
        var manifest = server.Jobs.Single();

        // Suspended: nothing runs until the queue says so.
        server.Pods.ShouldBeEmpty();
        ((bool)manifest["spec"]!["suspend"]!).ShouldBeTrue();
        server.Begin((string)manifest["metadata"]!["name"]!);
        (await running).ShouldBeTrue();
        (await runner.Jobs.ListAsync(1, Stop)).Single().State.ShouldBe(JobState.Succeeded);

        ((string)manifest["metadata"]!["labels"]!["kueue.x-k8s.io/queue-name"]!).ShouldBe("team-a");
        var spec = manifest["spec"]!;
        ((int)spec["backoffLimit"]!, (int)spec["activeDeadlineSeconds"]!).ShouldBe((0, 60));
        spec["podFailurePolicy"]!.ToJsonString().ShouldBe(
            """{"rules":[{"action":"Ignore","onPodConditions":[{"type":"DisruptionTarget","status":"True"}]},{"action":"FailJob","onExitCodes":{"containerName":"trainer","operator":"In","values":[2]}},{"action":"Ignore","onExitCodes":{"containerName":"trainer","operator":"In","values":[143]}}]}""");
        var pod = spec["template"]!["spec"]!;
        (string.Join(',', pod["nodeSelector"]!.AsObject().Select(label => $"{label.Key}={label.Value}")), (string)pod["restartPolicy"]!, (bool)pod["automountServiceAccountToken"]!)
            .ShouldBe(("cloud.google.com/gke-spot=true", "Never", false));
        pod["tolerations"]!.ToJsonString().ShouldBe("""[{"key":"spot","operator":"Equal","value":"true","effect":"NoSchedule"},{"key":"nvidia.com/gpu","operator":"Exists"}]""");
        var container = pod["containers"]![0]!;
        container["resources"]!["limits"]!.ToJsonString().ShouldBe("""{"cpu":"2000m","memory":"17179869184","nvidia.com/gpu":"1"}""");
        var folder = fixture.FolderOf(RequestOf("$GOOD; $SUCCESS"));
        ((string)container["volumeMounts"]![0]!["mountPath"]!, (string)container["volumeMounts"]![0]!["subPath"]!).ShouldBe((folder.Path, $"jobs/{Path.GetFileName(folder.Path)}"));
        ((string)pod["volumes"]![0]!["persistentVolumeClaim"]!["claimName"]!).ShouldBe("mesh-jobs");
    }

    [Theory]
    [InlineData("exit 2", "MESH9004", 1)]
    [InlineData("exit 1", "MESH9005", 3)]
    [InlineData("exit 0", "MESH9006", 3)]
    public async Task A_trainers_exit_code_means_on_a_cluster_what_it_means_here(string script, string code, int attempts)
    {
        var job = await RunAsync(script);

        (job.State, job.Code, job.Attempts).ShouldBe((JobState.Failed, code, attempts), job.Reason);
        server.Jobs.Count.ShouldBe(attempts, "each attempt is a Job of its own");
    }

    [Fact]
    public async Task A_pod_whose_machine_is_taken_away_goes_on_from_its_checkpoint_in_the_same_attempt()
    {
        var runner = fixture.Runner("unused");
        await runner.AcceptAsync(RequestOf(
            """
            if [ -f "$MESH_CHECKPOINT_DIR/state" ]; then echo resumed; $GOOD; $SUCCESS; exit 0; fi
            trap 'echo saved > "$MESH_CHECKPOINT_DIR/state"; exit 143' TERM
            touch "$MESH_CHECKPOINT_DIR/started"
            while true; do sleep 0.05; done
            """), null, Stop);
        var running = runner.RunNextAsync(Stop);
        var first = await EntryAsync(runner);
        await Eventually.TrueAsync(() => File.Exists(Path.Combine(fixture.Options.JobsFolder, first.JobId, "checkpoint", "started")), Stop);

        server.Evict($"mesh-{first.JobId}-1");
        await running;

        var job = await EntryAsync(runner);
        (job.State, job.Attempts, job.Failures).ShouldBe((JobState.Succeeded, 1, 0), job.Reason);
        server.Pods.Count.ShouldBe(2);
        (await File.ReadAllTextAsync(LogOf(job), Stop)).ShouldContain("resumed");
    }

    [Fact]
    public async Task A_job_that_makes_room_is_deleted_before_it_waits_and_goes_on_as_another_Job()
    {
        var runner = fixture.Runner("unused");
        await runner.AcceptAsync(RequestOf(
            """
            if [ "$MESH_ATTEMPT" = 2 ]; then grep saved "$MESH_CHECKPOINT_DIR/state"; $GOOD; $SUCCESS; exit 0; fi
            trap 'echo saved > "$MESH_CHECKPOINT_DIR/state"; exit 143' TERM
            touch "$MESH_CHECKPOINT_DIR/started"
            while true; do sleep 0.05; done
            """), null, Stop);
        var running = runner.RunNextAsync(Stop);
        var first = await EntryAsync(runner);
        await Eventually.TrueAsync(() => File.Exists(Path.Combine(fixture.Options.JobsFolder, first.JobId, "checkpoint", "started")), Stop);

        await runner.PreemptAsync(first.JobId, "needed elsewhere", Stop);
        await running;
        server.Jobs.ShouldBeEmpty();
        server.Requests.ShouldContain(request => request.StartsWith("DELETE /apis/batch/v1/namespaces/ml/jobs/mesh-"));
        (await EntryAsync(runner)).State.ShouldBe(JobState.Queued);

        await runner.RunNextAsync(Stop);
        var job = await EntryAsync(runner);
        (job.State, job.Attempts, job.Preemptions).ShouldBe((JobState.Succeeded, 2, 1), job.Reason);
        server.Jobs.Single()["metadata"]!["name"]!.ToString().ShouldBe($"mesh-{job.JobId}-2");
    }

    [Fact]
    public async Task A_cancelled_job_is_deleted()
    {
        var runner = fixture.Runner("unused");
        await runner.AcceptAsync(RequestOf("exec sleep 600"), null, Stop);
        var running = runner.RunNextAsync(Stop);
        await Eventually.TrueAsync(() => server.Pods.Count == 1, Stop);

        await runner.CancelAsync((await EntryAsync(runner)).JobId, "no longer wanted", Stop);
        await running;

        server.Jobs.ShouldBeEmpty();
        (await EntryAsync(runner)).State.ShouldBe(JobState.Cancelled);
    }

    [Fact]
    public async Task A_job_goes_on_while_Mesh_is_away_and_is_found_again()
    {
        using var stop = new CancellationTokenSource();
        var runner = fixture.Runner("unused");
        await runner.AcceptAsync(RequestOf("echo run >> \"$MESH_CHECKPOINT_DIR/runs\"; while [ ! -e \"$MESH_CHECKPOINT_DIR/go\" ]; do sleep 0.05; done; $GOOD; $SUCCESS"), null, Stop);
        var running = runner.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => server.Pods.Count == 1 && server.Requests.Any(request => request.Contains("watch=1")), Stop);
        await stop.CancelAsync();
        await running;
        var away = await EntryAsync(runner);
        away.State.ShouldBe(JobState.Running);
        server.Jobs.Count.ShouldBe(1);

        // It ends while nobody looks.
        string checkpoint = Path.Combine(fixture.Options.JobsFolder, away.JobId, "checkpoint");
        File.WriteAllText(Path.Combine(checkpoint, "go"), "");
        await Eventually.TrueAsync(() => server.Jobs.Single()["status"]!["conditions"] is not null, Stop);
        using var again = new CancellationTokenSource();
        var second = fixture.Runner("unused");
        running = second.RunAsync(again.Token);
        await Eventually.TrueAsync(async () => (await EntryAsync(second)).State == JobState.Succeeded, Stop);
        await again.CancelAsync();
        await running;

        (await EntryAsync(second)).Attempts.ShouldBe(1);
        File.ReadAllLines(Path.Combine(checkpoint, "runs")).Length.ShouldBe(1);
        server.Requests.Count(request => request.StartsWith("POST")).ShouldBe(1);
        (await second.Models.ListAsync(null, Stop)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_Job_whose_creation_was_done_but_not_answered_is_not_made_twice()
    {
        server.Faults.Enqueue(("POST ", 0, "", true));

        var job = await RunAsync("$GOOD; $SUCCESS");

        (job.State, job.Attempts).ShouldBe((JobState.Succeeded, 1), job.Reason);
        server.Requests.Count(request => request.StartsWith("POST")).ShouldBe(2);
        server.Pods.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(429, "Retry-After: 0\r\n")]
    [InlineData(503, "")]
    [InlineData(500, "")]
    public async Task A_busy_or_broken_server_is_waited_for(int status, string headers)
    {
        foreach (string begin in (string[])["POST ", "GET /apis"]) server.Faults.Enqueue((begin, status, headers, false));

        (await RunAsync("$GOOD; $SUCCESS")).State.ShouldBe(JobState.Succeeded);

        server.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_watch_that_ended_or_whose_past_is_forgotten_is_taken_up_again()
    {
        server.WatchFor = TimeSpan.FromMilliseconds(300);
        var runner = fixture.Runner("unused");
        await runner.AcceptAsync(RequestOf("while [ ! -e \"$MESH_CHECKPOINT_DIR/go\" ]; do sleep 0.05; done; $GOOD; $SUCCESS"), null, Stop);
        var running = runner.RunNextAsync(Stop);
        await Eventually.TrueAsync(() => server.Requests.Count(request => request.Contains("watch=1")) >= 2, Stop);
        int before = Gets();

        server.Compact();
        await Eventually.TrueAsync(() => Gets() > before, Stop);
        File.WriteAllText(Path.Combine(fixture.Options.JobsFolder, (await EntryAsync(runner)).JobId, "checkpoint", "go"), "");
        await running;

        (await EntryAsync(runner)).State.ShouldBe(JobState.Succeeded);

        int Gets() => server.Requests.Count(request => request.StartsWith("GET /apis/batch/v1/namespaces/ml/jobs/mesh-"));
    }

    [Fact]
    public async Task A_Job_that_somebody_deleted_is_a_failed_attempt_and_tried_again()
    {
        var runner = fixture.Runner("unused");
        await runner.AcceptAsync(RequestOf("if [ \"$MESH_ATTEMPT\" = 2 ]; then $GOOD; $SUCCESS; exit 0; fi; touch \"$MESH_CHECKPOINT_DIR/started\"; exec sleep 600"), null, Stop);
        var running = runner.RunNextAsync(Stop);
        await Eventually.TrueAsync(() => server.Pods.Count == 1, Stop);

        server.DeleteJob((string)server.Jobs.Single()["metadata"]!["name"]!);
        await running;

        var waiting = await EntryAsync(runner);
        (waiting.State, waiting.Code, waiting.Failures).ShouldBe((JobState.Queued, "MESH9020", 1), waiting.Reason);
        await runner.RunNextAsync(Stop);
        (await EntryAsync(runner)).State.ShouldBe(JobState.Succeeded);
    }

    [Fact]
    public async Task What_the_cluster_does_not_allow_is_told_with_the_remedy()
    {
        for (int i = 0; i < 3; i++) server.Faults.Enqueue(("POST ", 403, "", false));

        var job = await RunAsync("$GOOD; $SUCCESS");

        (job.State, job.Code).ShouldBe((JobState.Failed, "MESH9113"));
        job.Reason.ShouldContain("as the test says deploy/kubernetes/runner.yaml holds the role");
    }

    private async Task<JobEntry> RunAsync(string script)
    {
        var runner = fixture.Runner("unused");
        await runner.AcceptAsync(RequestOf(script), null, Stop);
        while (await runner.RunNextAsync(Stop))
        {
        }

        return await EntryAsync(runner);
    }

    private static async Task<JobEntry> EntryAsync(JobRunner runner) => (await runner.Jobs.ListAsync(5, Stop)).ShouldHaveSingleItem();

    private string LogOf(JobEntry job) => new JobFolder(Path.Combine(fixture.Options.JobsFolder, job.JobId)).LogFile;

    private Mesh.Kafka.Events.JobRequested RequestOf(string script)
    {
        if (!scripts.TryGetValue(script, out string? trainer))
        {
            var (file, arguments) = fixture.Script(script);
            scripts[script] = trainer = $"{file} {arguments[0]}";
        }

        var request = Request();
        request.Trainer = trainer;
        return request;
    }
}
