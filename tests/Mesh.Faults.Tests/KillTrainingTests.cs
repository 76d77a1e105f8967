using System.Security.Cryptography;
using System.Text.Json;
using Mesh.Faults.Tests.Support;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Testing;
using Mesh.Training.Compression;
using Mesh.Training.Compression.Profiles;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Training.Tests.Kubernetes;
using Mesh.Training.Tracking;
using Mesh.Trigger;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Faults.Tests;

/// <summary>The plug is pulled between a commit and the model it starts: every row is in one firing's range, every firing is one job and one model.</summary>
public sealed class KillTrainingTests(Drives drives) : IDisposable
{
    /// <summary>Places of this test; with a count, the n-th time the place is reached.</summary>
    public static readonly TheoryData<string> Places =
    [
        "trigger.after-read", "trigger.after-measure", "trigger.after-commit", "outbox.after-publish:4", "training.after-claim", "training.after-spec",
        OnCluster, "training.after-start", "training.after-success", "training.after-register",
        "compression.after-variant:2", "compression.after-variants", "compression.after-register", "tracking.before-end", "tracking.after-metrics",
    ];

    /// <summary>The Job is made and nobody knows of it: only where jobs run on a cluster.</summary>
    private const string OnCluster = "training.after-create";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Killed_at(string place)
    {
        Require.AtLeast(TestLevel.Default);
        KillPlaces.HalfBelowFull(Places.Select(row => row.Data), place);
        using var cluster = place == OnCluster ? new ApiServer() : null;
        string[] arguments = cluster is null ? ["--topology", WriteTopology()] : ["--topology", WriteTopology(), "--config", WriteConfiguration(cluster)];
        IReadOnlyList<Drive> acknowledged;
        await using (var doomed = await FaultServer.UpAsync(folder["data"], new Dictionary<string, string> { ["MESH_CRASH_AT"] = place }, arguments))
        {
            acknowledged = await doomed.PublishAsync(drives.All.Take(2));
            await doomed.Process.WaitUntilDeadAsync();
            doomed.Process.ExitCode.ShouldBe(FaultServer.Killed, doomed.Process.Errors);
        }

        await using var server = await FaultServer.UpAsync(folder["data"], null, arguments);
        foreach (var drive in acknowledged) await server.CommittedAsTruthSaysAsync(drive);
        (await server.PublishAsync(drives.All)).Count.ShouldBe(drives.All.Count);
        foreach (var drive in drives.All) await server.CommittedAsTruthSaysAsync(drive);

        using var database = MetadataDatabase.Open(folder["data", "mesh.db"], readOnly: true);
        var token = TestContext.Current.CancellationToken;
        long frames = drives.All.Sum(drive => drive.Frames);
        IReadOnlyList<TriggerFiring> firings = [];
        IReadOnlyList<JobEntry> jobs = [];
        IReadOnlyList<TrackedRun> runs = [];
        var tracking = new TrackingStore(database, TimeProvider.System);
        await server.WaitUntilAsync(
            async () =>
            {
                firings = await new TriggerLedger(database).ListFiringsAsync(100, token);
                jobs = await new JobStore(database).ListAsync(100, token);
                runs = (await tracking.SearchRunsAsync(null, null, [], RunView.All, 1_000, null, token)).Items;
                return firings.Sum(firing => firing.NewRows) >= frames && jobs.Count >= firings.Count
                    && jobs.All(job => job.State.IsEnd()) && runs.Count >= jobs.Count && runs.All(run => run.EndedAt is not null);
            },
            () => $"{frames} frames to be learned from; firings {string.Join(", ", firings)}, jobs {string.Join(", ", jobs)}, runs {string.Join(", ", runs)}");

        // Ranges follow each other without gap or overlap, from the beginning of the table.
        firings.Sum(firing => firing.NewRows).ShouldBe(frames);
        firings.Select(firing => firing.TriggerId).Distinct().Count().ShouldBe(firings.Count);
        var bounds = firings.Reverse().ToList();
        for (int i = 0; i < bounds.Count; i++) bounds[i].FromSnapshotId.ShouldBe(i == 0 ? 0 : bounds[i - 1].ToSnapshotId);

        jobs.Select(job => job.TriggerId).Order().ShouldBe(firings.Select(firing => firing.TriggerId).Order());
        jobs.ShouldAllBe(job => job.State == JobState.Succeeded);
        var models = await new ModelStore(database).ListAsync("m", token);
        models.Select(model => model.JobId).Order().ShouldBe(jobs.Select(job => job.JobId).Order());
        models.Select(model => model.Version).Order().ShouldBe(Enumerable.Range(1, jobs.Count));
        await CompressedOnceAsync(server, database, models, token);
        var compressed = await ReadCompressedAsync(models.Count);
        compressed.Distinct().Order().ShouldBe(models.Select(model => $"{model.Name}@{model.Version}").Order());
        // Killed behind the publication, the outbox publishes what it cannot know to be published.
        if (!place.StartsWith("outbox", StringComparison.Ordinal)) compressed.ShouldBeUnique();

        // Every attempt is one run, the last of each job the finished one, and no value is there twice.
        runs.Select(run => (run.JobId, run.Attempt)).Order().ShouldBe(jobs.SelectMany(job => Enumerable.Range(1, job.Attempts).Select(attempt => ((string?)job.JobId, (int?)attempt))).Order());
        runs.Where(run => run.Status == RunStatus.Finished).Select(run => (run.JobId, run.Attempt)).Order().ShouldBe(jobs.Select(job => ((string?)job.JobId, (int?)job.Attempts)).Order());
        foreach (var run in runs.Where(run => run.Status == RunStatus.Finished))
        {
            (await tracking.GetHistoryAsync(run.RunId, "loss", 10, null, token)).Items.Select(value => (value.Step, value.Value)).ShouldBe([(1, 0.5), (2, 0.25)]);
            run.Metrics.Single(metric => metric.Key == "accuracy").Value.ShouldBe(1.0);
            run.Tags["mesh.model.version"].ShouldBe($"{models.Single(model => model.JobId == run.JobId).Version}");
        }

        // What ran on the cluster ran once.
        if (cluster is not null) jobs.ShouldAllBe(job => job.Attempts == 1);
        (await server.DeadLettersAsync()).ShouldBeEmpty();
        await Lake.HoldsExactlyAsync(folder["data"], drives.All);
    }

    /// <summary>Settings by which the only pool is a cluster.</summary>
    private string WriteConfiguration(ApiServer cluster)
    {
        File.WriteAllText(folder["kubeconfig"], $$"""
            apiVersion: v1
            kind: Config
            current-context: test
            clusters: [{ name: c, cluster: { server: "{{cluster.Url}}" } }]
            users: [{ name: u, user: { token: secret } }]
            contexts: [{ name: test, context: { cluster: c, user: u, namespace: ml } }]
            """);
        File.WriteAllText(folder["mesh.yaml"], $"pools: {{ cpu: {{ runner: kubernetes, image: example.org/trainer, claim: jobs, kubeconfig: {folder["kubeconfig"]} }} }}\n");
        return folder["mesh.yaml"];
    }

    /// <summary>Every model has one set of variants, and one event says so.</summary>
    private static async Task CompressedOnceAsync(FaultServer server, MetadataDatabase database, IReadOnlyList<ModelEntry> models, CancellationToken token)
    {
        // For reading the store makes no tables; they are there, because the server has its own.
        var variants = new VariantStore(database);
        foreach (var model in models)
        {
            await server.WaitUntilAsync(
                async () => (await variants.ListCompressionsAsync(model.Name, model.Version, token)).All(compression => compression.State is CompressionState.Done or CompressionState.Failed)
                    && (await variants.ListCompressionsAsync(model.Name, model.Version, token)).Count > 0,
                () => $"{model.Name} version {model.Version} to be compressed");
            var compression = (await variants.ListCompressionsAsync(model.Name, model.Version, token)).ShouldHaveSingleItem();
            (compression.State, compression.CompressionId).ShouldBe((CompressionState.Done, $"{model.Name}@{model.Version}"), compression.Reason);
            var made = await variants.ListAsync(model.Name, model.Version, token);
            made.Select(variant => variant.Manifest.Profile).ShouldBe(CompressionTargets.Default.Profiles.Select(profile => profile.Name), ignoreOrder: true);
            foreach (var variant in made)
            {
                string folder = new Uri(variant.Uri).LocalPath;
                Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(folder, VariantManifest.FileName), token))).ShouldBe(variant.ManifestSha256);
                variant.Manifest.Validation.ShouldNotBeNull(variant.Manifest.Reason);
                foreach (var file in variant.Manifest.Files) Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(folder, file.Path), token))).ShouldBe(file.Sha256);
            }

            Directory.GetDirectories(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(new Uri(made[0].Uri).LocalPath))!).Length.ShouldBe(made.Count);
        }
    }

    /// <summary>The compressions that events tell of, all there are.</summary>
    private async Task<IReadOnlyList<string>> ReadCompressedAsync(int expected)
    {
        using var endpoints = JsonDocument.Parse(await File.ReadAllBytesAsync(folder["data", "run", "endpoints.json"], TestContext.Current.CancellationToken));
        string Address(string name) => endpoints.RootElement.GetProperty(name).GetString()!;
        var kafka = new KafkaOptions { Bootstrap = Address("kafka"), SchemaRegistryUrl = Address("schema_registry") };
        await using var consumer = new EventConsumer<ModelCompressed>(kafka, Topics.ModelCompressed, "mesh.tests.compressed", NullLogger.Instance);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        var seen = new List<string>();
        try
        {
            await foreach (var item in consumer.ReadAsync(patience.Token))
            {
                seen.Add(item.Value!.CompressionId);
                // One more would come at once.
                if (seen.Count == expected) patience.CancelAfter(TimeSpan.FromSeconds(1));
            }
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            // That was all.
        }

        return seen;
    }

    /// <summary>Fires for every snapshot.</summary>
    private string WriteTopology()
    {
        string script = TrainerScript.Write(folder.Path);
        File.WriteAllText(folder["eager.yaml"],
            $$"""
            apiVersion: mesh/v1
            kind: Topology
            metadata: { name: eager, owner: tests }
            source: { topic: fleet.uploads.v1, group: mesh.ingest }
            synchronise:
              - name: frames
                reference: { channel: /lidar/top }
                tolerance: 60ms
                inputs:
                  - { channel: /imu, policy: linear }
            products:
              - { name: perception.frames, from: { synchronise: frames } }
            triggers:
              - name: retrain
                on: [perception.frames]
                when: { newRows: 1 }
                job: { trainer: "/bin/sh {{script}}", pool: cpu, model: m }

            """);
        return folder["eager.yaml"];
    }
}
