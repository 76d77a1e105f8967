using System.Text.Json;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>A producer with a bad recording finds it in the dead letters, corrects the decoder and replays.</summary>
public sealed class DeadLetterReplayTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    private string[] Data => ["--data", folder["data"]];

    [Fact]
    public async Task Messages_of_a_channel_with_a_wrong_schema_come_into_their_table_once_the_topology_knows_better()
    {
        Require.AtLeast(TestLevel.Default);
        await WrongSchema.WriteAsync(folder["drive.mcap"], 1, token);
        WrongSchema.WriteTopology(folder["fleet.yaml"], knowsBetter: false);
        string id;
        await using (var server = await UpAsync())
        {
            id = await PublishAsync("drive.mcap");
            var letters = await JsonAsync("deadletters", "list", "--recording", id[..12], "--limit", "5000");
            letters.GetArrayLength().ShouldBe(1_001, "a thousand one by one, the rest in one letter");
            letters.EnumerateArray().Sum(letter => letter.GetProperty("count").GetInt64()).ShouldBe(WrongSchema.Wheels);
            letters.EnumerateArray().ShouldAllBe(letter => letter.GetProperty("channel").GetString() == "/wheel" && letter.GetProperty("state").GetString() == "open");
            (await JsonAsync("deadletters", "list", "--channel", "/point")).GetArrayLength().ShouldBe(0);
            (await JsonAsync("deadletters", "list", "--stage", "catalogue")).GetArrayLength().ShouldBe(0);
            (await JsonAsync("deadletters", "list", "--since", "1h", "--limit", "7")).GetArrayLength().ShouldBe(7);

            string first = letters[0].GetProperty("id").GetString()!;
            var details = await JsonAsync("deadletters", "show", first[..12]);
            details.GetProperty("payload_hex").GetString().ShouldBe("000100000000000000000000");
            details.GetProperty("payload_problem").GetString()!.ShouldContain("MESH10");
            details.GetProperty("remedy").GetString()!.ShouldContain("schemas");
            details.GetProperty("history").EnumerateArray().Select(change => change.GetProperty("action").GetString()).ShouldBe(["written"]);
            (await MeshProcess.RunAsync(["deadletters", "show", first, "--payload", folder["payload"], .. Data])).ExitCode.ShouldBe(0);
            (await File.ReadAllBytesAsync(folder["payload"], token)).ShouldBe([0, 1, 0, 0, .. new byte[8]]);

            // Without a fix a replay finds the same fault, and nothing changes but the count of attempts.
            var (failed, _, errors) = await MeshProcess.RunAsync(["deadletters", "replay", first, "--wait", .. Data]);
            failed.ShouldBe(1, errors);
            var again = await JsonAsync("deadletters", "show", first);
            again.GetProperty("letter").GetProperty("state").GetString().ShouldBe("open");
            again.GetProperty("history").EnumerateArray().Select(change => change.GetProperty("action").GetString()).ShouldBe(["written", "replay_asked", "failed_again"]);
            await StopAsync(server);
        }

        // Without a server the index answers all the same.
        (await JsonAsync("deadletters", "list", "--state", "open", "--limit", "5000")).GetArrayLength().ShouldBe(1_001);

        WrongSchema.WriteTopology(folder["fleet.yaml"], knowsBetter: true);
        await using var corrected = await MeshProcess.UpAsync(folder["data"]);
        await JsonAsync("topology", "apply", folder["fleet.yaml"]);
        var replay = (await JsonAsync("deadletters", "replay", "--recording", id, "--wait")).GetProperty("replay");

        replay.GetProperty("state").GetString().ShouldBe("done");
        replay.GetProperty("rows").GetInt64().ShouldBe(WrongSchema.Wheels);
        (await JsonAsync("deadletters", "list", "--state", "open")).GetArrayLength().ShouldBe(0);
        var settled = await JsonAsync("deadletters", "list", "--state", "replayed", "--limit", "5000");
        settled.GetArrayLength().ShouldBe(1_001);
        settled.EnumerateArray().Sum(letter => letter.GetProperty("remaining").GetInt64()).ShouldBe(0);
        var recording = await JsonAsync("recordings", "show", id);
        recording.GetProperty("dead_letters").GetInt64().ShouldBe(0);
        recording.GetProperty("rows_out").GetInt64().ShouldBe(WrongSchema.Points + WrongSchema.Wheels);
        recording.GetProperty("messages_in").GetInt64().ShouldBe(WrongSchema.Points + WrongSchema.Wheels);
        recording.GetProperty("channels").EnumerateArray().Single(channel => channel.GetProperty("channel").GetString() == "/wheel").GetProperty("table").GetString().ShouldBe("raw.demo_msgs_wheel");

        var rows = (await JsonAsync("products", "head", "chassis.wheel", "--limit", "2", "--where", "sequence >= 1100", "--columns", "sequence,speed")).GetProperty("rows");
        rows.EnumerateArray().Select(row => (row.GetProperty("sequence").GetInt64(), row.GetProperty("speed").GetDouble())).ShouldBe([(1_100, 550.0), (1_101, 550.5)]);
        await StopAsync(corrected);
        var seen = await NodeScript.RunAsync("lake-read.mjs", Path.Combine(folder["data"], "lake"));
        foreach (string reader in new[] { "duckdb", "duckdb_distinct", "icebird", "distinct" })
        {
            seen.GetProperty("raw.demo_msgs_wheel").GetProperty(reader).GetInt64().ShouldBe(WrongSchema.Wheels, reader);
            seen.GetProperty("raw.demo_msgs_point").GetProperty(reader).GetInt64().ShouldBe(WrongSchema.Points, reader);
        }
    }

    [Fact]
    public async Task A_recording_that_is_a_dead_letter_as_a_whole_runs_again()
    {
        Require.AtLeast(TestLevel.Default);
        await WrongSchema.WriteAsync(folder["drive.mcap"], 1, token);
        WrongSchema.WriteTopology(folder["fleet.yaml"], knowsBetter: false, onCorrupt: "fail");
        string id, letter;
        await using (var server = await UpAsync())
        {
            id = await PublishAsync("drive.mcap", exitCode: 1);
            var letters = await JsonAsync("deadletters", "list", "--recording", id);
            letters.GetArrayLength().ShouldBe(1);
            letter = letters[0].GetProperty("id").GetString()!;
            letters[0].GetProperty("kind").GetString().ShouldBe("recording");
            await StopAsync(server);
        }

        WrongSchema.WriteTopology(folder["fleet.yaml"], knowsBetter: true, onCorrupt: "fail");
        await using var corrected = await UpAsync();
        var replay = (await JsonAsync("deadletters", "replay", letter, "--wait")).GetProperty("replay");

        replay.GetProperty("rows").GetInt64().ShouldBe(WrongSchema.Points + WrongSchema.Wheels);
        var recording = await JsonAsync("recordings", "show", id);
        recording.GetProperty("state").GetString().ShouldBe("committed");
        recording.GetProperty("rows_out").GetInt64().ShouldBe(WrongSchema.Points + WrongSchema.Wheels);
        (await JsonAsync("deadletters", "show", letter)).GetProperty("letter").GetProperty("state").GetString().ShouldBe("replayed");

        // What is done with cannot be asked for again.
        var (exitCode, _, errors) = await MeshProcess.RunAsync(["deadletters", "replay", letter, .. Data]);
        exitCode.ShouldBe(1);
        errors.ShouldContain("MESH2354");
    }

    [Fact]
    public async Task Letters_that_nobody_wants_are_dropped_with_a_reason()
    {
        Require.AtLeast(TestLevel.Default);
        await WrongSchema.WriteAsync(folder["drive.mcap"], 1, token);
        WrongSchema.WriteTopology(folder["fleet.yaml"], knowsBetter: false);
        await using var server = await UpAsync();
        string id = await PublishAsync("drive.mcap");

        (await MeshProcess.RunAsync(["deadletters", "drop", "--recording", id, "--reason", "a test bench", .. Data])).ExitCode.ShouldBe(2, "several need --yes");
        (await MeshProcess.RunAsync(["deadletters", "drop", "--reason", "a test bench", "--yes", .. Data])).ExitCode.ShouldBe(2, "nothing said is not everything");
        var dropped = await JsonAsync("deadletters", "drop", "--recording", id, "--reason", "a test bench", "--yes");

        dropped.GetProperty("messages").GetInt64().ShouldBe(WrongSchema.Wheels);
        var letters = await JsonAsync("deadletters", "list", "--state", "dropped", "--limit", "1");
        var details = await JsonAsync("deadletters", "show", letters[0].GetProperty("id").GetString()!);
        details.GetProperty("history").EnumerateArray().Last().GetProperty("detail").GetString().ShouldBe("a test bench");
        (await JsonAsync("recordings", "show", id)).GetProperty("dead_letters").GetInt64().ShouldBe(WrongSchema.Wheels, "the account goes on saying so");
    }

    private Task<MeshProcess> UpAsync() => MeshProcess.UpAsync(folder["data"], new Dictionary<string, string> { ["MESH_INGEST__TOPOLOGY"] = folder["fleet.yaml"] });

    private async Task<string> PublishAsync(string file, int exitCode = 0)
    {
        var published = await MeshProcess.RunAsync("publish", folder[file], "--vehicle", "V1", "--wait", "--json", "--data", folder["data"]);
        published.ExitCode.ShouldBe(exitCode, published.Errors);
        using var document = JsonDocument.Parse(published.Output);
        return document.RootElement[0].GetProperty("ingest_id").GetString()!;
    }

    private Task<JsonElement> JsonAsync(params string[] arguments) => MeshProcess.RunJsonAsync([.. arguments, "--json", .. Data]);

    private static async Task StopAsync(MeshProcess server)
    {
        await server.SignalAsync("INT");
        await server.WaitForExitAsync();
        server.ExitCode.ShouldBe(0, server.Errors);
    }
}
