using System.Security.Cryptography;
using System.Text.Json;
using Mesh.Faults.Tests.Support;
using Mesh.Lakehouse.Metadata;
using Mesh.Onnx;
using Mesh.Testing;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Trigger;

namespace Mesh.Faults.Tests;

/// <summary>The plug is pulled between a commit and the model it starts: every row is in one firing's range, every firing is one job and one model.</summary>
public sealed class KillTrainingTests(Drives drives) : IDisposable
{
    /// <summary>Places of this test; with a count, the n-th time the place is reached.</summary>
    public static readonly TheoryData<string> Places =
    [
        "trigger.after-read", "trigger.after-commit", "outbox.after-publish:4", "training.after-start", "training.after-success", "training.after-register",
    ];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Killed_at(string place)
    {
        Require.AtLeast(TestLevel.Default);
        string topology = WriteTopology();
        IReadOnlyList<Drive> acknowledged;
        await using (var doomed = await FaultServer.UpAsync(folder["data"], new Dictionary<string, string> { ["MESH_CRASH_AT"] = place }, "--topology", topology))
        {
            acknowledged = await doomed.PublishAsync(drives.All.Take(2));
            await doomed.Process.WaitUntilDeadAsync();
            doomed.Process.ExitCode.ShouldBe(FaultServer.Killed, doomed.Process.Errors);
        }

        await using var server = await FaultServer.UpAsync(folder["data"], null, "--topology", topology);
        foreach (var drive in acknowledged) await server.CommittedAsTruthSaysAsync(drive);
        (await server.PublishAsync(drives.All)).Count.ShouldBe(drives.All.Count);
        foreach (var drive in drives.All) await server.CommittedAsTruthSaysAsync(drive);

        using var database = MetadataDatabase.Open(folder["data", "mesh.db"], readOnly: true);
        var token = TestContext.Current.CancellationToken;
        long frames = drives.All.Sum(drive => drive.Frames);
        IReadOnlyList<TriggerFiring> firings = [];
        IReadOnlyList<JobEntry> jobs = [];
        await server.WaitUntilAsync(
            async () =>
            {
                firings = await new TriggerLedger(database).ListFiringsAsync(100, token);
                jobs = await new JobStore(database).ListAsync(100, token);
                return firings.Sum(firing => firing.NewRows) >= frames && jobs.Count >= firings.Count
                    && jobs.All(job => job.State is JobState.Succeeded or JobState.Failed);
            },
            () => $"{frames} frames to be learned from; firings {string.Join(", ", firings)}, jobs {string.Join(", ", jobs)}");

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
        (await server.DeadLettersAsync()).ShouldBeEmpty();
        await Lake.HoldsExactlyAsync(folder["data"], drives.All);
    }

    /// <summary>Fires for every snapshot; the trainer is a script that leaves a valid model.</summary>
    private string WriteTopology()
    {
        byte[] model = new OnnxModelBuilder("m", "1").AddInput("x", 2).AddInitializer("w", [1, 2], 2, 1).AddNode("MatMul", ["x", "w"], "y").AddOutput("y", 1).Build();
        Directory.CreateDirectory(folder["template", "model"]);
        File.WriteAllBytes(folder["template", "model", "model.onnx"], model);
        File.WriteAllText(folder["template", "metrics.jsonl"], """{"type":"start"}""" + "\n");
        File.WriteAllText(folder["template", "model_card.json"], JsonSerializer.Serialize(new
        {
            schema = "mesh.modelcard/v1",
            name = "m",
            job_id = "JOB_ID",
            inputs = Array.Empty<object>(),
            metrics = new { accuracy = 1.0 },
            artifacts = new[] { new { path = "model/model.onnx", sha256 = Convert.ToHexStringLower(SHA256.HashData(model)), bytes = model.Length } },
        }));
        File.WriteAllText(folder["trainer.sh"],
            $"""
            set -e
            cp -r '{folder["template"]}/.' "$MESH_OUTPUT_DIR"
            sed -i "s/JOB_ID/$MESH_JOB_ID/" "$MESH_OUTPUT_DIR/model_card.json"
            : > "$MESH_OUTPUT_DIR/_SUCCESS.tmp"
            mv "$MESH_OUTPUT_DIR/_SUCCESS.tmp" "$MESH_OUTPUT_DIR/_SUCCESS"

            """);
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
                job: { trainer: "/bin/sh {{folder["trainer.sh"]}}", pool: cpu, model: m }

            """);
        return folder["eager.yaml"];
    }
}
