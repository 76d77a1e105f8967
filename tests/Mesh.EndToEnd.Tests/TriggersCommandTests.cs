using System.Text.Json;
using Mesh.Simulation;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>Trigger rules on a running server: planned, watched, explained, fired by hand.</summary>
public sealed class TriggersCommandTests : IDisposable
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
          - { name: vehicles, on: [rules.imu], when: { newVehicles: 2 }, job: { trainer: "/bin/sh -c 'exit 2'", model: m } }
          - { name: much, on: [rules.imu], filter: "linear_acceleration.x > 1000", when: { newRows: 10 }, job: { trainer: "/bin/sh -c 'exit 2'", model: m } }

        """;

    private readonly TemporaryFolder folder = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Rules_are_planned_watched_explained_and_fired_by_hand()
    {
        Require.AtLeast(TestLevel.Default);
        await File.WriteAllTextAsync(folder["rules.yaml"], Rules, token);
        await using (await MeshProcess.UpAsync(folder["data"], null, "--topology", folder["rules.yaml"]))
        {
            await PublishAsync(1);
            await WaitAsync("vehicles", status => status.GetProperty("percent").GetInt32() == 50);
            (await StatusAsync("much")).GetProperty("state").GetString().ShouldBe("waiting");

            // The same file with a lower limit would fire now, but only plans.
            await File.WriteAllTextAsync(folder["less.yaml"], Rules.Replace("newVehicles: 2", "newVehicles: 1"), token);
            var planned = await MeshProcess.RunJsonAsync("triggers", "plan", folder["less.yaml"], "--json", "--data", folder["data"]);
            planned.EnumerateArray().Select(status => (status.GetProperty("rule").GetString(), status.GetProperty("state").GetString()))
                .ShouldBe([("much", "waiting"), ("vehicles", "ready")]);

            await PublishAsync(2);
            await WaitAsync("vehicles", status => status.GetProperty("last_fired_at").ValueKind == JsonValueKind.String);
            var decisions = await MeshProcess.RunJsonAsync("triggers", "explain", "vehicles", "--json", "--data", folder["data"]);
            decisions.EnumerateArray().Select(decision => decision.GetProperty("outcome").GetString()).ShouldBe(["fired", "waiting"]);
            decisions[0].GetProperty("measured")[0].GetProperty("value").GetDouble().ShouldBe(2);
            (await MeshProcess.RunAsync("triggers", "explain", "vehicles", "--data", folder["data"])).Output.ShouldContain("2 of 2 vehicles");

            var fired = await MeshProcess.RunJsonAsync("triggers", "fire", "much", "--reason", "for a look", "--json", "--data", folder["data"]);
            fired.GetArrayLength().ShouldBe(1);
            (await MeshProcess.RunAsync("triggers", "explain", "much", "--limit", "1", "--data", folder["data"])).Output.ShouldContain("by hand: for a look");
            (await MeshProcess.RunAsync("triggers", "explain", "nothing", "--data", folder["data"])).ShouldSatisfyAllConditions(
                result => result.ExitCode.ShouldBe(1), result => result.Errors.ShouldContain("MESH6010"));
        }

        // Without a server the record is still there.
        (await StatusAsync("much")).GetProperty("last_fired_at").ValueKind.ShouldBe(JsonValueKind.String);
        (await MeshProcess.RunAsync("triggers", "explain", "vehicles", "--data", folder["data"])).Output.ShouldContain("fired for rules.imu");
        (await MeshProcess.RunAsync("triggers", "fire", "much", "--reason", "again", "--data", folder["data"])).Errors.ShouldContain("MESH6014");
    }

    private async Task PublishAsync(int number)
    {
        string path = folder[$"{number}.mcap"];
        await SimulatedRecording.WriteAsync(path, new DriveOptions { Duration = TimeSpan.FromSeconds(2), Seed = number, VehicleId = $"V{number}" }, token);
        (await MeshProcess.RunAsync("publish", path, "--vehicle", $"V{number}", "--wait", "--data", folder["data"])).ExitCode.ShouldBe(0);
    }

    private async Task<JsonElement> StatusAsync(string rule) =>
        (await MeshProcess.RunJsonAsync("triggers", "list", "--json", "--data", folder["data"])).EnumerateArray().Single(status => status.GetProperty("rule").GetString() == rule);

    private Task WaitAsync(string rule, Func<JsonElement, bool> until) =>
        Eventually.TrueAsync(async () => until(await StatusAsync(rule)), token);
}
