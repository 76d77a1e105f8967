using System.Text.Json;
using Mesh.Simulation;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>Topologies beside one another on a running server: planned, applied, changed, retired, while recordings arrive.</summary>
public sealed class TopologyCommandTests : IDisposable
{
    private static readonly string CanBus = Path.Combine(Repository.Root, "topologies", "can-bus.yaml");
    private readonly TemporaryFolder folder = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Topologies_run_side_by_side_and_change_without_loss()
    {
        Require.AtLeast(TestLevel.Default);
        await SimulateAsync(1, 2, 3, 4);
        await using (var server = await MeshProcess.UpAsync(folder["data"]))
        {
            await PublishAsync(1);
            var plan = await MeshProcess.RunJsonAsync("topology", "plan", CanBus, "--json", "--data", folder["data"]);
            plan.GetProperty("action").GetString().ShouldBe("add");
            plan.GetProperty("conflicts").GetArrayLength().ShouldBe(0);
            plan.GetProperty("tree")[0].GetString()!.ShouldStartWith("fleet.uploads.v1");

            // Applied later, but from the earliest upload on: it reads the first recording too.
            (await MeshProcess.RunAsync("topology", "apply", CanBus, "--data", folder["data"])).ShouldSatisfyAllConditions(
                result => result.ExitCode.ShouldBe(0, result.Errors), result => result.Output.ShouldContain("can-bus@1 is in force"));
            await WaitForRowsAsync("powertrain.steering", 100);
            var second = await PublishAsync(2);
            second.GetProperty("state").GetString().ShouldBe("committed");
            await WaitForRowsAsync("powertrain.steering", 200);

            // Changed while a recording is under way: its pipeline is replaced and no row is missing or there twice.
            await File.WriteAllTextAsync(folder["changed.yaml"], (await File.ReadAllTextAsync(CanBus, token)).Replace("memory: 256MiB", "memory: 300MiB"), token);
            var publishing = PublishAsync(3);
            var applied = await MeshProcess.RunJsonAsync("topology", "apply", folder["changed.yaml"], "--json", "--data", folder["data"]);
            applied.GetProperty("action").GetString().ShouldBe("change");
            var third = await publishing;
            await WaitForRowsAsync("powertrain.steering", 300);
            var recording = await MeshProcess.RunJsonAsync("recordings", "show", third.GetProperty("ingest_id").GetString()!, "--json", "--data", folder["data"]);
            recording.GetProperty("runs").EnumerateArray().Select(run => (run.GetProperty("topology").GetString(), run.GetProperty("state").GetString()))
                .ShouldBe([("can-bus", "committed"), ("fleet-ingest", "committed")]);

            // The same rows are on the product's topic, each under its own key, whatever Kafka client reads them.
            var rows = await WaitForRecordsAsync(server.AddressOf("kafka"), 300);
            rows.Select(row => row.Key).Distinct().Count().ShouldBe(300);
            rows.ShouldAllBe(row => row.Key == $"{row.Value.GetProperty("recording_id").GetString()}/{row.Value.GetProperty("channel").GetString()}/{row.Value.GetProperty("sequence").GetInt64()}");

            var retired = await MeshProcess.RunJsonAsync("topology", "retire", "can-bus", "--json", "--data", folder["data"]);
            retired.GetProperty("state").GetString().ShouldBe("retired");
            await PublishAsync(4);
            (await RowsAsync("powertrain.steering")).ShouldBe(300);
            (await RowsAsync("chassis.imu")).ShouldBe(4 * 200);

            var refused = await MeshProcess.RunAsync("topology", "retire", "fleet-ingest", "--data", folder["data"]);
            refused.ExitCode.ShouldBe(1);
            refused.Errors.ShouldContain("MESH2306");
            await server.SignalAsync("INT");
            await server.WaitForExitAsync();
            server.ExitCode.ShouldBe(0, server.Errors);
        }

        var listed = await MeshProcess.RunJsonAsync("topology", "list", "--json", "--data", folder["data"]);
        listed.EnumerateArray().Select(item => (item.GetProperty("name").GetString(), item.GetProperty("state").GetString())).ShouldBe([("can-bus", "retired"), ("fleet-ingest", "active")]);
        (await MeshProcess.RunAsync("topology", "apply", CanBus, "--data", folder["data"])).Errors.ShouldContain("MESH2308");

        // Without a topology named, a restart goes on with those in force; with some, they are the only ones.
        await using var restarted = await MeshProcess.UpAsync(folder["data"], null, "--topology", CanBus, "--topology", Path.Combine(Repository.Root, "topologies", "fleet-ingest.yaml"));
        await WaitForRowsAsync("powertrain.steering", 400);
        (await RowsAsync("chassis.imu")).ShouldBe(4 * 200);
    }

    [Fact]
    public async Task What_is_wrong_with_a_topology_or_its_test_is_said_before_anything_starts()
    {
        await File.WriteAllTextAsync(folder["t.yaml"], "apiVersion: mesh/v1\nkind: Topology\nmetadata: { name: t, version: 0 }\ndecode: { onCorupt: fail }\n", token);
        var validated = await MeshProcess.RunAsync("topology", "validate", folder["t.yaml"], "--json");
        validated.ExitCode.ShouldBe(1);
        using var json = JsonDocument.Parse(validated.Output);
        json.RootElement[0].GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("line").GetInt32()).ShouldBe([3, 4]);

        (await MeshProcess.RunAsync("topology", "test", folder["t.yaml"])).Errors.ShouldContain("MESH2321");
        await File.WriteAllTextAsync(folder["t.test.yaml"], "apiVersion: mesh/v1\nkind: TopologyTest\n", token);
        (await MeshProcess.RunAsync("topology", "test", folder["t.yaml"])).Errors.ShouldContain("MESH2320");

        var tested = await MeshProcess.RunAsync("topology", "test", CanBus);
        tested.ExitCode.ShouldBe(0, tested.Output + tested.Errors);
        tested.Output.ShouldContain("3 cases, 0 failed");
    }

    private async Task SimulateAsync(params int[] seeds)
    {
        foreach (int seed in seeds)
        {
            await SimulatedRecording.WriteAsync(folder[$"{seed}.mcap"], new DriveOptions { Seed = seed, VehicleId = "V1", Duration = TimeSpan.FromSeconds(2) }, token);
        }
    }

    private async Task<List<(string Key, JsonElement Value)>> WaitForRecordsAsync(string kafka, int count)
    {
        var rows = new List<(string, JsonElement)>();
        for (int i = 0; i < 60 && rows.Count < count; i++)
        {
            if (i > 0) await Task.Delay(500, token);
            string text = await ToolProcess.RunAsync("kcat", "-b", kafka, "-t", "powertrain.steering.rows.v1", "-C", "-e", "-q", "-f", "%k\t%s\n");
            rows = [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t', 2)).Select(parts => (parts[0], JsonDocument.Parse(parts[1]).RootElement.Clone()))];
        }

        rows.Count.ShouldBe(count);
        return rows;
    }

    private async Task<JsonElement> PublishAsync(int seed) =>
        (await MeshProcess.RunJsonAsync("publish", folder[$"{seed}.mcap"], "--vehicle", "V1", "--wait", "--json", "--data", folder["data"]))[0];

    private async Task<long> RowsAsync(string product) =>
        (await MeshProcess.RunJsonAsync("products", "list", "--json", "--data", folder["data"])).EnumerateArray()
            .Where(item => item.GetProperty("name").GetString() == product).Select(item => item.GetProperty("rows").GetInt64()).SingleOrDefault();

    private async Task WaitForRowsAsync(string product, long rows)
    {
        for (int i = 0; i < 120; i++)
        {
            if (await RowsAsync(product) == rows) return;
            await Task.Delay(250, token);
        }

        (await RowsAsync(product)).ShouldBe(rows, product);
    }
}
