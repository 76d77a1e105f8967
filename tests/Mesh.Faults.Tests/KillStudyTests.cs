using System.Text.Json;
using Mesh.Faults.Tests.Support;
using Mesh.Lakehouse.Metadata;
using Mesh.Testing;
using Mesh.Training.Jobs;
using Mesh.Training.Models;

namespace Mesh.Faults.Tests;

/// <summary>The plug is pulled while a study runs: afterwards every trial is there once, with one job, and the best is the only model.</summary>
public sealed class KillStudyTests(Drives drives) : IDisposable
{
    /// <summary>Places of this test; with a count, the n-th time the place is reached.</summary>
    public static readonly TheoryData<string> Places =
    [
        "studies.after-ask:2", "studies.after-step:4", "studies.before-cancel", "training.after-success", "studies.after-end", "training.after-register",
    ];

    private readonly TemporaryFolder folder = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Killed_at(string place)
    {
        Require.AtLeast(TestLevel.Default);
        KillPlaces.HalfBelowFull(Places.Select(row => row.Data), place);
        string topology = WriteFiles();
        await using (var doomed = await FaultServer.UpAsync(folder["data"], new Dictionary<string, string> { ["MESH_CRASH_AT"] = place }, "--topology", topology))
        {
            (await doomed.PublishAsync(drives.All.Take(1))).Count.ShouldBe(1);
            await doomed.CommittedAsTruthSaysAsync(drives.All[0]);
            (await MeshProcess.RunAsync("studies", "run", folder["study.yaml"], "--data", folder["data"])).ExitCode.ShouldBe(0);
            await doomed.Process.WaitUntilDeadAsync();
            doomed.Process.ExitCode.ShouldBe(FaultServer.Killed, doomed.Process.Errors);
        }

        await using var server = await FaultServer.UpAsync(folder["data"], null, "--topology", topology);
        JsonElement? study = null;
        await server.WaitUntilAsync(
            async () => (study = await server.GetAsync("studies/kill"))?.GetProperty("model_version").ValueKind == JsonValueKind.Number,
            () => $"the study's model; it is {study}");

        var trials = study!.Value.GetProperty("trials").EnumerateArray().ToList();
        trials.Select(trial => (trial.GetProperty("number").GetInt32(), trial.GetProperty("state").GetString(), trial.GetProperty("parameters").GetProperty("x").GetString()))
            .ShouldBe([(0, "complete", "0.9"), (1, "pruned", "0.1"), (2, "pruned", "0.5"), (3, "pruned", "0.8")]);
        trials.ShouldAllBe(trial => trial.GetProperty("has_ended").GetBoolean());

        using var database = MetadataDatabase.Open(folder["data", "mesh.db"], readOnly: true);
        var jobs = await new JobStore(database).ListAsync(100, token);
        jobs.Select(job => job.JobId).Order().ShouldBe(trials.Select(trial => trial.GetProperty("job_id").GetString()!).Order());
        jobs.ShouldAllBe(job => job.State == JobState.Succeeded || job.State == JobState.Cancelled);
        var model = (await new ModelStore(database).ListAsync(null, token)).ShouldHaveSingleItem();
        model.JobId.ShouldBe(trials[0].GetProperty("job_id").GetString());
        (await server.DeadLettersAsync()).ShouldBeEmpty();
    }

    /// <summary>Trials report their x after each of three epochs.</summary>
    private string WriteFiles()
    {
        string script = TrainerScript.Write(folder.Path);
        File.WriteAllText(folder["trial.sh"],
            $$"""
            set -e
            x=$(sed -n 's/.*"x": "\([^"]*\)".*/\1/p' "$MESH_JOB_SPEC")
            for e in 1 2 3; do
              echo "{\"type\":\"metric\",\"epoch\":$e,\"accuracy\":$x}" >> "$MESH_OUTPUT_DIR/metrics.jsonl"
              sleep 0.5
            done
            mv "$MESH_OUTPUT_DIR/metrics.jsonl" "$MESH_OUTPUT_DIR/kept.jsonl"
            sed "s|^: >|mv '$MESH_OUTPUT_DIR/kept.jsonl' '$MESH_OUTPUT_DIR/metrics.jsonl'; : >|" '{{script}}' | /bin/sh

            """);
        File.WriteAllText(folder["study.yaml"],
            $$"""
            apiVersion: mesh/v1
            kind: Study
            metadata: { name: kill, owner: tests }
            from: { products: [perception.frames] }
            job: { trainer: "/bin/sh {{folder["trial.sh"]}}", model: m }
            space: { x: { choices: [0.9, 0.1, 0.5, 0.8] } }
            objective: { metric: accuracy }
            sampler: { kind: grid }
            scheduler: { kind: asha, grace: 1, reduction: 2 }

            """);
        File.WriteAllText(folder["frames.yaml"],
            """
            apiVersion: mesh/v1
            kind: Topology
            metadata: { name: frames, owner: tests }
            source: { topic: fleet.uploads.v1, group: mesh.ingest }
            synchronise:
              - name: frames
                reference: { channel: /lidar/top }
                tolerance: 60ms
                inputs:
                  - { channel: /imu, policy: linear }
            products:
              - { name: perception.frames, from: { synchronise: frames } }

            """);
        return folder["frames.yaml"];
    }
}
