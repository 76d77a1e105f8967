using System.Globalization;
using System.Text.Json;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>
/// Recordings of other people, published as a user would, come out of the tables as other people's readers read the recordings:
/// rosbag2's, PlotJuggler's and Lichtblick's files, the generated ones of every awkward feature, and a sample of MCAP's conformance suite.
/// </summary>
public sealed class RealRecordingsTests(RealRecordingsServer server) : IClassFixture<RealRecordingsServer>
{
    /// <summary>Messages of the generated files that say they are JSON, or of a JSON schema, and are not.</summary>
    private static readonly Dictionary<string, long> NotJson = new()
    {
        ["big_messages.mcap"] = 2, ["enc_json.mcap"] = 7, ["lz4_incompressible.mcap"] = 40, ["lz4_linked_240k.mcap"] = 60, ["truncated_mid_message.mcap"] = 3, ["zero_length.mcap"] = 200,
    };

    [Fact]
    public async Task Every_message_that_other_peoples_readers_count_is_a_row_or_a_dead_letter()
    {
        RequireData();
        var golden = GoldenCounts();
        var published = await server.PublishedAsync();

        int compared = 0;
        foreach (var recording in published.Where(recording => recording.File != server.TrapsFile))
        {
            string name = RealRecordingsServer.NameOf(recording.File);
            recording.State.ShouldBe("committed", name);
            recording.DeadLetters.ShouldBe(NotJson.GetValueOrDefault(Path.GetFileName(name)), name);
            recording.MessagesIn.ShouldBe(recording.Rows + recording.DeadLetters, name);
            if (name.Contains("bad_chunk", StringComparison.Ordinal)) continue;
            golden.ShouldContainKey(name);
            recording.MessagesIn.ShouldBe(golden[name], name);
            compared++;
        }

        compared.ShouldBeGreaterThan(180);
    }

    [Theory]
    [InlineData("bad_chunk_crc.mcap", 75, "MESH10103", 31)]
    [InlineData("bad_chunk_crc_or_data.mcap", 75, "MESH10103", 31)]
    [InlineData("truncated_mid_message.mcap", 10, "MESH10101", 688)]
    [InlineData("truncated_no_footer.mcap", 100, "MESH10101", 4208)]
    public async Task Damage_is_reported_once_and_where_it_is(string file, long rows, string code, long offset)
    {
        RequireData();
        var recording = (await server.PublishedAsync()).Single(recording => Path.GetFileName(recording.File) == file);

        (recording.Rows + recording.DeadLetters).ShouldBe(rows);
        var loss = recording.Account.GetProperty("losses").EnumerateArray().ShouldHaveSingleItem();
        loss.GetProperty("code").GetString().ShouldBe(code);
        loss.GetProperty("offset").GetInt64().ShouldBe(offset);
        long lost = loss.GetProperty("bytes").GetInt64();
        lost.ShouldBeGreaterThan(0);
        if (file.StartsWith("truncated", StringComparison.Ordinal)) (offset + lost).ShouldBe(new FileInfo(recording.File).Length);
    }

    [Fact]
    public async Task Other_peoples_readers_find_every_field_of_every_message_in_the_tables()
    {
        RequireData();
        var published = await server.PublishedAsync();
        var read = await server.ReadAsync();

        foreach (var table in read.GetProperty("tables").EnumerateObject())
        {
            long rows = table.Value.GetProperty("icebird").GetInt64();
            rows.ShouldBeGreaterThan(0, table.Name);
            table.Value.GetProperty("duckdb").GetInt64().ShouldBe(rows, table.Name);
            table.Value.GetProperty("distinct").GetInt64().ShouldBe(rows, table.Name);
            table.Value.GetProperty("wasm").GetBoolean().ShouldBeTrue(table.Name);
            table.Value.GetProperty("samePattern").GetBoolean().ShouldBeTrue(table.Name);
        }

        var recordings = read.GetProperty("recordings").EnumerateArray().ToArray();
        foreach (var (recording, found) in published.Zip(recordings))
        {
            found.GetProperty("rows").GetInt64().ShouldBe(recording.Rows, recording.File);
            found.GetProperty("differences").EnumerateArray().Select(difference => difference.GetString()).ShouldBeEmpty(recording.File);
            if (recording.File.Contains("bad_chunk", StringComparison.Ordinal)) continue;
            found.GetProperty("messages").GetInt64().ShouldBe(recording.MessagesIn, recording.File);
            found.GetProperty("refused").GetInt64().ShouldBe(recording.DeadLetters, recording.File);
        }

        recordings.Sum(found => found.GetProperty("fields").GetInt64()).ShouldBeGreaterThan(50_000);
        recordings.Sum(found => found.GetProperty("intended").GetInt64()).ShouldBeGreaterThanOrEqualTo(12);
        // Every table's rows came from a recording that was published here.
        read.GetProperty("tables").EnumerateObject().Sum(table => table.Value.GetProperty("duckdb").GetInt64())
            .ShouldBe(published.DistinctBy(recording => recording.IngestId).Sum(recording => recording.Rows));
    }

    [Fact]
    public async Task What_is_awkward_but_allowed_becomes_rows_and_only_what_is_wrong_a_dead_letter()
    {
        RequireData();
        var recording = (await server.PublishedAsync()).Single(recording => recording.File == server.TrapsFile);
        var letters = (await MeshProcess.RunJsonAsync("deadletters", "list", "--json", "--data", server.Data)).EnumerateArray()
            .Where(letter => letter.GetProperty("channel").GetString() is "/ends" or "/text" or "/lost").ToArray();

        long bad = server.Traps.GetProperty("bad").EnumerateObject().Sum(kind => kind.Value.GetInt64());
        recording.State.ShouldBe("committed");
        recording.MessagesIn.ShouldBe(server.Traps.GetProperty("messages").GetInt64());
        recording.DeadLetters.ShouldBe(bad);
        recording.Rows.ShouldBe(recording.MessagesIn - bad);
        letters.Select(letter => $"{letter.GetProperty("channel").GetString()} {letter.GetProperty("sequence").GetInt64()} {letter.GetProperty("code").GetString()}")
            .ShouldBe(["/ends 3 MESH2103", "/ends 4 MESH2103", "/text 1 MESH10311", "/text 2 MESH10311", "/lost 0 MESH10302"], ignoreOrder: true);
    }

    [Fact]
    public async Task One_schema_name_with_three_meanings_makes_three_tables_none_of_which_is_half_empty()
    {
        RequireData();
        await server.PublishedAsync();
        var read = await server.ReadAsync();

        var tables = read.GetProperty("tables").EnumerateObject().Where(table => table.Name.StartsWith("raw.trap_msgs_changing", StringComparison.Ordinal))
            .ToDictionary(table => table.Name, table => table.Value.GetProperty("duckdb").GetInt64());
        tables["raw.trap_msgs_changing"].ShouldBe(2);
        tables.Count.ShouldBe(3);
        tables.Values.Sum().ShouldBe(4);
        // rosbag2's recordings of the same messages, with and without an encoding that Mesh knows.
        read.GetProperty("tables").EnumerateObject().Count(table => table.Name.StartsWith("raw.test_msgs_arrays", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Fact]
    public async Task A_recording_with_two_thousand_channels_of_a_schema_each_is_accounted_for()
    {
        Require.AtLeast(TestLevel.Full);
        string file = TestData.PathOf("generated", "mcap", "channels_2000.mcap");
        await server.ReadAsync(); // the other tests read the tables without this recording

        var published = await MeshProcess.RunJsonAsync("publish", file, "--vehicle", "V4", "--wait", "--json", "--data", server.Data);

        published[0].GetProperty("state").GetString().ShouldBe("committed");
        published[0].GetProperty("rows").GetInt64().ShouldBe(500);
    }

    private static void RequireData()
    {
        Require.AtLeast(TestLevel.Default);
        TestData.PathOf("golden_messages.tsv");
    }

    /// <summary>Messages per recording, as other people's readers count them.</summary>
    private static Dictionary<string, long> GoldenCounts()
    {
        var counts = File.ReadLines(TestData.PathOf("golden_messages.tsv")).Skip(1).Select(line => line.Split('\t'))
            .Where(cells => cells[0].EndsWith(".mcap", StringComparison.Ordinal)).ToDictionary(cells => cells[0], cells => long.Parse(cells[1], CultureInfo.InvariantCulture));
        foreach (string line in File.ReadLines(TestData.PathOf("generated", "expected.jsonl")))
        {
            using var document = JsonDocument.Parse(line);
            var entry = document.RootElement;
            string name = entry.GetProperty("file").GetString()!;
            if (name.StartsWith("mcap/", StringComparison.Ordinal) && entry.TryGetProperty("messages", out var messages)) counts[$"generated/{name}"] = messages.GetInt64();
        }

        return counts;
    }
}
