using System.Text.Json;
using Mesh.EndToEnd.Tests;
using Mesh.Faults.Tests.Support;
using Mesh.Testing;

namespace Mesh.Faults.Tests;

/// <summary>The plug is pulled at every named place of a replay; after a restart it goes on by itself and every message is there exactly once.</summary>
public sealed class KillReplayTests : IDisposable
{
    /// <summary>Places while the letters of a recording are indexed.</summary>
    public static readonly TheoryData<string> IndexPlaces = ["replay.before-index", "replay.after-index"];

    /// <summary>Places while messages of dead letters are replayed.</summary>
    public static readonly TheoryData<string> LetterPlaces =
    [
        "replay.after-request", "replay.before-item", "replay.before-commit", "replay.after-commit", "replay.before-item-done", "replay.after-item-done",
    ];

    /// <summary>Places while whole recordings are replayed into the next version.</summary>
    public static readonly TheoryData<string> RecordingPlaces = ["replay.before-files-written", "replay.after-files-written:2"];

    private readonly TemporaryFolder folder = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    /// <summary>All of them.</summary>
    public static IEnumerable<string> Places => IndexPlaces.Concat(LetterPlaces).Concat(RecordingPlaces).Select(row => row.Data);

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(IndexPlaces))]
    public async Task Killed_while_letters_are_indexed(string place)
    {
        Require.AtLeast(TestLevel.Default);
        KillPlaces.HalfBelowFull(Places, place);
        WrongSchema.WriteTopology(folder["fleet.yaml"], knowsBetter: false);
        await WrongSchema.WriteAsync(folder["drive.mcap"], 1, token);
        await using (var doomed = await UpAsync("fleet.yaml", place))
        {
            await MeshProcess.RunAsync("publish", folder["drive.mcap"], "--vehicle", "V1", "--data", folder["data"]);
            await DieAsync(doomed);
        }

        await using var server = await UpAsync("fleet.yaml");
        await PublishAsync();
        var letters = await JsonAsync("deadletters", "list", "--limit", "5000");
        letters.GetArrayLength().ShouldBe(1_001);
        letters.EnumerateArray().Sum(letter => letter.GetProperty("count").GetInt64()).ShouldBe(WrongSchema.Wheels);
    }

    [Theory]
    [MemberData(nameof(LetterPlaces))]
    public async Task Killed_while_letters_are_replayed(string place)
    {
        Require.AtLeast(TestLevel.Default);
        KillPlaces.HalfBelowFull(Places, place);
        string id = await PrepareAsync();
        WrongSchema.WriteTopology(folder["fleet.yaml"], knowsBetter: true);
        await using (var doomed = await UpAsync("fleet.yaml", place))
        {
            // The answer may be lost with the server; what was asked for is not.
            await MeshProcess.RunAsync("deadletters", "replay", "--recording", id, "--data", folder["data"]);
            await DieAsync(doomed);
        }

        await using var server = await UpAsync("fleet.yaml");
        string replay = (await JsonAsync("replay", "list"))[0].GetProperty("id").GetString()!;
        await UntilDoneAsync(replay);
        (await JsonAsync("deadletters", "list", "--state", "replayed", "--limit", "5000")).GetArrayLength().ShouldBe(1_001);
        var recording = await JsonAsync("recordings", "show", id);
        recording.GetProperty("dead_letters").GetInt64().ShouldBe(0);
        recording.GetProperty("rows_out").GetInt64().ShouldBe(WrongSchema.Points + WrongSchema.Wheels);
        (await JsonAsync("replay", "show", replay)).GetProperty("replay").GetProperty("rows").GetInt64().ShouldBe(WrongSchema.Wheels);
        await HoldsAsync("raw.demo_msgs_wheel");
    }

    [Theory]
    [MemberData(nameof(RecordingPlaces))]
    public async Task Killed_while_recordings_are_replayed(string place)
    {
        Require.AtLeast(TestLevel.Default);
        KillPlaces.HalfBelowFull(Places, place);
        await PrepareAsync(extra: 1);
        WrongSchema.WriteTopology(folder["fleet2.yaml"], knowsBetter: true, version: 2);
        string replay;
        await using (var doomed = await UpAsync("fleet.yaml", place))
        {
            await JsonAsync("topology", "apply", folder["fleet2.yaml"]);
            replay = (await JsonAsync("replay", "start", "--topology", "fleet@2")).GetProperty("replay").GetProperty("id").GetString()!;
            await DieAsync(doomed);
        }

        await using var server = await UpAsync(null);
        await UntilDoneAsync(replay);
        var ended = (await JsonAsync("replay", "show", replay)).GetProperty("replay");
        (ended.GetProperty("done").GetInt32(), ended.GetProperty("failed").GetInt32()).ShouldBe((2, 0));
        await HoldsAsync("raw.demo_msgs_wheel_v2", times: 2);
    }

    private async Task<string> PrepareAsync(int extra = 0)
    {
        WrongSchema.WriteTopology(folder["fleet.yaml"], knowsBetter: false);
        await WrongSchema.WriteAsync(folder["drive.mcap"], 1, token);
        await using var server = await UpAsync("fleet.yaml");
        string id = await PublishAsync();
        for (int i = 0; i < extra; i++)
        {
            await WrongSchema.WriteAsync(folder[$"more{i}.mcap"], 2 + i, token);
            (await MeshProcess.RunAsync("publish", folder[$"more{i}.mcap"], "--vehicle", "V2", "--wait", "--data", folder["data"])).ExitCode.ShouldBe(0);
        }

        // In the index before the server goes.
        (await JsonAsync("deadletters", "list", "--limit", "5000")).GetArrayLength().ShouldBe(1_001 * (1 + extra));
        await server.SignalAsync("INT");
        await server.WaitForExitAsync();
        return id;
    }

    private async Task<string> PublishAsync() =>
        (await JsonAsync("publish", folder["drive.mcap"], "--vehicle", "V1", "--wait"))[0].GetProperty("ingest_id").GetString()!;

    private async Task UntilDoneAsync(string replay)
    {
        while ((await JsonAsync("replay", "show", replay)).GetProperty("replay").GetProperty("state").GetString() == "running") await Task.Delay(200, token);
        (await JsonAsync("replay", "show", replay)).GetProperty("replay").GetProperty("state").GetString().ShouldBe("done");
    }

    private async Task HoldsAsync(string table, int times = 1)
    {
        var seen = (await NodeScript.RunAsync("lake-read.mjs", Path.Combine(folder["data"], "lake"))).GetProperty(table);
        foreach (string reader in new[] { "duckdb", "duckdb_distinct", "icebird", "distinct" }) seen.GetProperty(reader).GetInt64().ShouldBe(times * WrongSchema.Wheels, reader);
    }

    private static async Task DieAsync(MeshProcess doomed)
    {
        await doomed.WaitUntilDeadAsync();
        doomed.ExitCode.ShouldBe(FaultServer.Killed, doomed.Errors);
    }

    private Task<MeshProcess> UpAsync(string? topology, string? crashAt = null)
    {
        var environment = new Dictionary<string, string>();
        if (topology is not null) environment["MESH_INGEST__TOPOLOGY"] = folder[topology];
        if (crashAt is not null) environment["MESH_CRASH_AT"] = crashAt;
        return MeshProcess.UpAsync(folder["data"], environment);
    }

    private Task<JsonElement> JsonAsync(params string[] arguments) => MeshProcess.RunJsonAsync([.. arguments, "--json", "--data", folder["data"]]);
}
