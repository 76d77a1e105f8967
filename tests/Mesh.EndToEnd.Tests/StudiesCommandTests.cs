using System.Text.Json;
using Mesh.Simulation;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>Studies on a running server: started, watched, stopped, resumed, exported; and looked at without one.</summary>
public sealed class StudiesCommandTests : IDisposable
{
    private const string Rules =
        """
        apiVersion: mesh/v1
        kind: Topology
        metadata: { name: rules, owner: tests }
        source: { from: earliest }
        decode: { channels: [{ match: { topic: "/imu" } }] }
        partition: { by: [vehicle_id], namespace: rules }
        products: [{ name: rules.imu, from: { schema: sensor_msgs/msg/Imu } }]
        triggers:
          - { name: refused, on: [rules.imu], when: { newRows: 1000000 }, job: { trainer: "/bin/sh -c 'exit 2'", model: m } }
          - { name: slow, on: [rules.imu], when: { newRows: 1000000 }, job: { trainer: "/bin/sleep 600", model: m } }

        """;

    private readonly TemporaryFolder folder = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_study_is_started_watched_stopped_resumed_and_exported()
    {
        Require.AtLeast(TestLevel.Default);
        await File.WriteAllTextAsync(folder["rules.yaml"], Rules, token);
        await using (await MeshProcess.UpAsync(folder["data"], null, "--topology", folder["rules.yaml"]))
        {
            (await RunAsync("run", Study("early", "refused"))).Errors.ShouldContain("MESH9366");
            string path = folder["drive.mcap"];
            await SimulatedRecording.WriteAsync(path, new DriveOptions { Duration = TimeSpan.FromSeconds(2), Seed = 1, VehicleId = "V1" }, token);
            (await MeshProcess.RunAsync("publish", path, "--vehicle", "V1", "--wait", "--data", folder["data"])).ExitCode.ShouldBe(0);

            // No trial of it has a value: the exit code says so.
            var failed = await RunAsync("run", Study("failing", "refused"), "--wait");
            failed.ExitCode.ShouldBe(1, failed.Errors);
            failed.Output.ShouldContain("trial 1 failed, x 2");
            failed.Output.ShouldContain("is finished: 2 trials have ended; no trial has ended with a value");

            (await RunAsync("run", Study("waiting", "slow"))).Output.ShouldContain("up to 2 trials");
            await Eventually.TrueAsync(async () => (await JsonAsync("show", "waiting", "--json")).GetProperty("trials")[0].GetProperty("job_id").ValueKind == JsonValueKind.String, token);
            (await RunAsync("run", Study("waiting", "slow"))).Errors.ShouldContain("MESH9361");
            (await RunAsync("stop", "waiting", "--reason", "a look")).Output.ShouldContain("stopped: a look");
            await Eventually.TrueAsync(async () => (await JsonAsync("show", "waiting", "--json")).GetProperty("trials")[0].GetProperty("has_ended").GetBoolean(), token);
            (await JsonAsync("resume", "waiting", "--json")).GetProperty("state").GetString().ShouldBe("running");

            await File.WriteAllTextAsync(folder["wrong.yaml"], (await File.ReadAllTextAsync(Study("wrong", "slow"), token)).Replace("integer: [1, 2]", "integer: [2, 1]"), token);
            var wrong = await RunAsync("run", folder["wrong.yaml"]);
            wrong.ExitCode.ShouldBe(1);
            wrong.Errors.ShouldContain("wrong.yaml:5:13: 'x' goes from 2 to 1");
            (await RunAsync("show", "nothing")).Errors.ShouldContain("MESH9362");
        }

        // Without a server the record is still there.
        (await JsonAsync("list", "--json")).EnumerateArray().Select(study => (study.GetProperty("name").GetString(), study.GetProperty("state").GetString()))
            .ShouldBe([("waiting", "running"), ("failing", "finished")]);
        (await RunAsync("show", "failing")).Output.ShouldContain("refused");
        var lines = (await RunAsync("export", "failing")).Output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        lines[0].ShouldBe("number,state,value,last_step,last_value,resource,seconds,job_id,reason,x");
        lines.Skip(1).Select(line => line.Split(',')).Select(fields => (fields[0], fields[1], fields[^1])).ShouldBe([("0", "failed", "1"), ("1", "failed", "2")]);
        (await RunAsync("export", "failing", "--json", "-o", folder["failing.json"])).ExitCode.ShouldBe(0);
        JsonDocument.Parse(await File.ReadAllBytesAsync(folder["failing.json"], token)).RootElement.GetProperty("trials").GetArrayLength().ShouldBe(2);
        (await RunAsync("stop", "waiting", "--reason", "again")).Errors.ShouldContain("MESH9367");
    }

    private string Study(string name, string rule)
    {
        string path = folder[$"{name}.yaml"];
        File.WriteAllText(path,
            $$"""
            apiVersion: mesh/v1
            kind: Study
            metadata: { name: {{name}} }
            from: { rule: {{rule}} }
            space: { x: { integer: [1, 2] } }
            objective: { metric: accuracy }
            sampler: { kind: grid }

            """);
        return path;
    }

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments) => MeshProcess.RunAsync(["studies", .. arguments, "--data", folder["data"]]);

    private Task<JsonElement> JsonAsync(params string[] arguments) => MeshProcess.RunJsonAsync(["studies", .. arguments, "--data", folder["data"]]);
}
