using System.Text.Json;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>Recordings again, through version 2 of their topology, into version 2 of its products; then the names are switched.</summary>
public sealed class RecordingReplayTests : IDisposable
{
    private const int Recordings = 3;

    private readonly TemporaryFolder folder = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task All_recordings_come_into_the_next_version_beside_the_old_one_and_a_name_is_switched_and_switched_back()
    {
        Require.AtLeast(TestLevel.Default);
        WrongSchema.WriteTopology(folder["fleet.yaml"], knowsBetter: false);
        WrongSchema.WriteTopology(folder["fleet2.yaml"], knowsBetter: true, version: 2);
        await using (var server = await MeshProcess.UpAsync(folder["data"], new Dictionary<string, string> { ["MESH_INGEST__TOPOLOGY"] = folder["fleet.yaml"] }))
        {
            string last = await PublishAllAsync();
            await JsonAsync("topology", "apply", folder["fleet2.yaml"]);

            // Version 2 reads what comes from now on; what was there before is replayed.
            var plan = await JsonAsync("replay", "start", "--topology", "fleet@2", "--dry-run");
            (plan.GetProperty("recordings").GetInt32(), plan.GetProperty("replay").ValueKind).ShouldBe((Recordings, JsonValueKind.Null));
            (await JsonAsync("replay", "start", "--topology", "fleet@2", "--vehicle", "V2", "--dry-run")).GetProperty("recordings").GetInt32().ShouldBe(1);
            (await JsonAsync("replay", "start", "--topology", "fleet@2", "--since", "2025-11-22T13:30Z", "--dry-run")).GetProperty("recordings").GetInt32().ShouldBe(1, "only the third was logged then");
            (await JsonAsync("replay", "start", "--topology", "fleet@2", "--recording", last[..12], "--wait", "--rate", "50MiB/s")).GetProperty("replay").GetProperty("done").GetInt32().ShouldBe(1);
            var replay = (await JsonAsync("replay", "start", "--topology", "fleet", "--parallelism", "2", "--wait")).GetProperty("replay");
            (replay.GetProperty("total").GetInt32(), replay.GetProperty("done").GetInt32(), replay.GetProperty("failed").GetInt32()).ShouldBe((Recordings - 1, Recordings - 1, 0));
            replay.GetProperty("rows").GetInt64().ShouldBe((Recordings - 1) * (WrongSchema.Points + WrongSchema.Wheels));
            (await JsonAsync("replay", "start", "--topology", "fleet@2")).GetProperty("already_there").GetInt32().ShouldBe(Recordings);
            (await JsonAsync("replay", "list")).GetArrayLength().ShouldBe(2);

            // The name still means version 1, and a subscriber stands at its end.
            var environment = new Dictionary<string, string> { ["XDG_STATE_HOME"] = folder["state"] };
            string[] subscribe = ["subscribe", "chassis.point", "--no-follow", "--consumer", "test", "--data", folder["data"]];
            (await LinesAsync(environment, [.. subscribe, "--from", "earliest"])).ShouldBe(Recordings * WrongSchema.Points);
            var versions = await JsonAsync("products", "versions", "chassis.wheel");
            versions.GetProperty("versions").EnumerateArray().Select(version => version.GetProperty("table").GetString()).ShouldBe(["raw.demo_msgs_wheel", "raw.demo_msgs_wheel_v2"]);
            (await MeshProcess.RunAsync("products", "switch", "chassis.wheel", "--to", "1", "--data", folder["data"])).Errors.ShouldContain("MESH2371", Case.Sensitive, "version 1 has nothing in it");

            var switched = await JsonAsync("products", "switch", "chassis.point", "--to", "2", "--reason", "wheels are right");
            switched.GetProperty("current").GetInt32().ShouldBe(2);
            switched.GetProperty("changes")[0].GetProperty("reason").GetString().ShouldBe("wheels are right");
            (await JsonAsync("products", "show", "chassis.point")).GetProperty("table").GetString().ShouldBe("raw.demo_msgs_point_v2");
            (await JsonAsync("products", "show", "chassis.point@1")).GetProperty("table").GetString().ShouldBe("raw.demo_msgs_point");
            await using (var moved = MeshProcess.Start(environment, subscribe))
            {
                await moved.WaitForExitAsync();
                moved.ExitCode.ShouldBe(1);
                moved.Errors.ShouldContain("MESH2370");
                moved.Errors.ShouldContain("chassis.point@1");
            }

            (await LinesAsync(environment, [.. subscribe, "--from", "earliest"])).ShouldBe(Recordings * WrongSchema.Points);
            (await JsonAsync("products", "switch", "chassis.point", "--to", "1")).GetProperty("current").GetInt32().ShouldBe(1);
            (await JsonAsync("products", "show", "chassis.point")).GetProperty("table").GetString().ShouldBe("raw.demo_msgs_point");
            await StopAsync(server);
        }

        (await JsonAsync("products", "versions", "chassis.point")).GetProperty("changes").GetArrayLength().ShouldBe(2, "also without a server");
        var seen = await NodeScript.RunAsync("lake-read.mjs", Path.Combine(folder["data"], "lake"));
        foreach (var (table, rows) in new[] { ("raw.demo_msgs_point", WrongSchema.Points), ("raw.demo_msgs_point_v2", WrongSchema.Points), ("raw.demo_msgs_wheel_v2", WrongSchema.Wheels) })
        {
            foreach (string reader in new[] { "duckdb", "duckdb_distinct", "icebird", "distinct" }) seen.GetProperty(table).GetProperty(reader).GetInt64().ShouldBe(Recordings * rows, $"{table} by {reader}");
        }
    }

    [Fact]
    public async Task A_replay_is_throttled_halted_resumed_and_stopped()
    {
        Require.AtLeast(TestLevel.Default);
        WrongSchema.WriteTopology(folder["fleet.yaml"], knowsBetter: true);
        WrongSchema.WriteTopology(folder["fleet2.yaml"], knowsBetter: true, version: 2);
        await using var server = await MeshProcess.UpAsync(folder["data"], new Dictionary<string, string> { ["MESH_INGEST__TOPOLOGY"] = folder["fleet.yaml"] });
        await PublishAllAsync();
        await JsonAsync("topology", "apply", folder["fleet2.yaml"]);

        // A kilobyte a second: none of the recordings is finished while this test runs.
        string id = (await JsonAsync("replay", "start", "--topology", "fleet@2", "--rate", "1KiB/s")).GetProperty("replay").GetProperty("id").GetString()!;
        (await JsonAsync("replay", "pause", id)).GetProperty("state").GetString().ShouldBe("paused");
        (await JsonAsync("replay", "resume", id[..6])).GetProperty("state").GetString().ShouldBe("running");
        var shown = await JsonAsync("replay", "show", id);
        shown.GetProperty("items").GetArrayLength().ShouldBe(Recordings);
        shown.GetProperty("replay").GetProperty("done").GetInt32().ShouldBe(0);
        (await JsonAsync("replay", "stop", id)).GetProperty("state").GetString().ShouldBe("stopped");
        (await MeshProcess.RunAsync("replay", "resume", id, "--data", folder["data"])).Errors.ShouldContain("MESH2367");
        (await MeshProcess.RunAsync("replay", "start", "--topology", "fleet@7", "--data", folder["data"])).Errors.ShouldContain("MESH2361");
    }

    private async Task<string> PublishAllAsync()
    {
        string last = "";
        for (int i = 0; i < Recordings; i++)
        {
            await WrongSchema.WriteAsync(folder[$"drive{i}.mcap"], i, token);
            last = (await JsonAsync("publish", folder[$"drive{i}.mcap"], "--vehicle", $"V{i}", "--wait"))[0].GetProperty("ingest_id").GetString()!;
        }

        return last;
    }

    private Task<JsonElement> JsonAsync(params string[] arguments) => MeshProcess.RunJsonAsync([.. arguments, "--json", "--data", folder["data"]]);

    private static async Task<int> LinesAsync(Dictionary<string, string> environment, string[] arguments)
    {
        await using var process = MeshProcess.Start(environment, arguments);
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, process.Errors);
        return process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
    }

    private static async Task StopAsync(MeshProcess server)
    {
        await server.SignalAsync("INT");
        await server.WaitForExitAsync();
        server.ExitCode.ShouldBe(0, server.Errors);
    }
}
