using System.Text.Json;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>Other people's producers send telemetry, other people's readers read the tables.</summary>
public sealed class TelemetryTests : IDisposable
{
    private const string Topology = """
        apiVersion: mesh/v1
        kind: Topology
        metadata: { name: live, owner: fleet }
        source: { topic: fleet.telemetry.v1 }
        decode: { databases: [ { dbc: DBC } ] }
        telemetry: { maxDelay: 300ms }
        """;

    private const string Database = """
        VERSION ""
        NS_ :
        BS_:
        BU_: ECU
        BO_ 291 Engine: 8 ECU
         SG_ Speed : 0|8@1+ (0.5,0) [0|127] "km/h" ECU
         SG_ Gear : 8|8@1+ (1,0) [0|8] "" ECU

        """;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Kafka_python_kcat_and_kafkajs_send_every_encoding_and_each_message_is_a_row()
    {
        Require.AtLeast(TestLevel.Default);
        string kcat = Require.Program("kcat", "apt-get install kcat");
        const string python = "/usr/bin/python3";
        Assert.SkipUnless(Directory.Exists("/usr/lib/python3/dist-packages/kafka"), "needs python3-kafka: apt-get install python3-kafka");
        const int count = 60;
        await using var server = await UpAsync();
        string bootstrap = server.AddressOf("kafka");

        await ToolProcess.RunAsync(python, Path.Combine(Repository.Root, "tests", "foreign", "telemetry", "send.py"), bootstrap, "car-1", $"{count}", "1764460800000000000");
        await NodeScript.RunAsync("telemetry/send.mjs", bootstrap, server.AddressOf("schema registry"), "car-2", $"{count}");
        File.WriteAllText(folder["line"], """{"note": "from kcat"}""");
        await ToolProcess.RunAsync(
            kcat, "-b", bootstrap, "-P", "-t", "fleet.telemetry.v1", "-k", "car-3", "-H", "mesh-encoding=json", "-H", "mesh-channel=/notes", "-H", "mesh-log-time=1764460800000000000", folder["line"]);

        var expected = new Dictionary<string, int>
        {
            ["raw.chassis_speed"] = count, ["raw.fleet_position"] = count, ["raw.geometry_msgs_vector3"] = count, ["raw.demo_msgs_rate"] = count,
            ["raw.dbc_engine"] = count, ["raw.can_frames"] = count, ["raw.notes"] = 1,
        };
        await server.WaitUntilAsync(() => Directory.Exists(folder["data/lake/raw/notes/metadata"]) && RowsInHints() >= expected.Values.Sum(), "all rows");
        var lake = await NodeScript.RunAsync("lake-read.mjs", folder["data/lake"]);
        foreach (var (table, rows) in expected)
        {
            var found = lake.GetProperty(table);
            foreach (string reader in (string[])["icebird", "duckdb", "hyparquet", "distinct", "duckdb_distinct"]) found.GetProperty(reader).GetInt32().ShouldBe(rows, $"{table} by {reader}");
        }

        var letters = await MeshProcess.RunJsonAsync("deadletters", "list", "--json", "--data", folder["data"]);
        letters.EnumerateArray().ShouldHaveSingleItem().GetProperty("code").GetString().ShouldBe("MESH10510");
    }

    [Fact]
    public async Task What_retention_deletes_before_it_is_read_is_reported_as_lost()
    {
        Require.AtLeast(TestLevel.Default);
        const string python = "/usr/bin/python3";
        Assert.SkipUnless(Directory.Exists("/usr/lib/python3/dist-packages/kafka"), "needs python3-kafka: apt-get install python3-kafka");
        string script = Path.Combine(Repository.Root, "tests", "foreign", "telemetry", "send.py");
        await using (var server = await UpAsync())
        {
            await ToolProcess.RunAsync(python, script, server.AddressOf("kafka"), "car-1", "20");
            await server.WaitUntilAsync(() => RowsInHints() >= 20, "the first rows");
            await Task.Delay(1000, TestContext.Current.CancellationToken);
            await server.SignalAsync("INT");
            await server.WaitForExitAsync();
        }

        // The broker alone, so that nothing reads: messages come and are deleted.
        await using (var broker = await MeshProcess.UpAsync(folder["data"], null, "--topology", WriteUploads()))
        {
            string bootstrap = broker.AddressOf("kafka");
            await ToolProcess.RunAsync(python, script, bootstrap, "car-1", "30");
            int partition = int.Parse((await ToolProcess.RunAsync(
                "kcat", "-b", bootstrap, "-C", "-t", "fleet.telemetry.v1", "-e", "-q", "-f", "%p\n")).Split('\n')[0], System.Globalization.CultureInfo.InvariantCulture);
            await NodeScript.RunAsync("telemetry/delete-records.mjs", bootstrap, "fleet.telemetry.v1", "45", $"{partition}");
            await broker.SignalAsync("INT");
            await broker.WaitForExitAsync();
        }

        await using var again = await UpAsync();
        await ToolProcess.RunAsync(python, script, again.AddressOf("kafka"), "car-1", "40");
        await again.WaitUntilAsync(() => RowsInHints() >= 30, "the rest");
        var letters = await MeshProcess.RunJsonAsync("deadletters", "list", "--json", "--data", folder["data"]);
        var lost = letters.EnumerateArray().ShouldHaveSingleItem();
        lost.GetProperty("code").GetString().ShouldBe("MESH2406");
        lost.GetProperty("count").GetInt64().ShouldBe(24);
    }

    [Fact]
    public async Task A_recording_sent_as_telemetry_is_in_the_tables_once_and_status_says_how_far_it_is()
    {
        Require.AtLeast(TestLevel.Default);
        await WrongSchema.WriteAsync(folder["drive.mcap"], 1, TestContext.Current.CancellationToken);
        await using var server = await UpAsync();
        string[] send = ["telemetry", "send", folder["drive.mcap"], "--vehicle", "car-9", "--session", "monday", "--rate", "0", "--json", "--data", folder["data"]];

        var sent = await MeshProcess.RunJsonAsync(send);
        sent.GetProperty("sent").GetInt64().ShouldBe(WrongSchema.Points + WrongSchema.Wheels);
        await server.WaitUntilAsync(() => RowsInHints() >= WrongSchema.Points, "all rows");
        await MeshProcess.RunJsonAsync(send);
        string status = "";
        for (int i = 0; i < 100 && !status.Contains("live: 0 messages behind, last batch", StringComparison.Ordinal); i++)
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
            status = (await MeshProcess.RunAsync("status", "--data", folder["data"])).Output;
        }

        var points = (await NodeScript.RunAsync("lake-read.mjs", folder["data/lake"])).GetProperty("raw.demo_msgs_point");
        foreach (string reader in (string[])["icebird", "duckdb", "hyparquet", "distinct", "duckdb_distinct"]) points.GetProperty(reader).GetInt64().ShouldBe(WrongSchema.Points, reader);
        status.ShouldContain("live: 0 messages behind, last batch");
    }

    private async Task<MeshProcess> UpAsync()
    {
        File.WriteAllText(folder["engine.dbc"], Database);
        File.WriteAllText(folder["live.yaml"], Topology.Replace("DBC", folder["engine.dbc"], StringComparison.Ordinal));
        return await MeshProcess.UpAsync(folder["data"], null, "--topology", folder["live.yaml"]);
    }

    private string WriteUploads()
    {
        File.WriteAllText(folder["uploads.yaml"], "apiVersion: mesh/v1\nkind: Topology\nmetadata: { name: uploads, owner: fleet }\n");
        return folder["uploads.yaml"];
    }

    /// <summary>Rows of all tables but Mesh's own as their newest metadata says, for readers without a catalogue.</summary>
    private long RowsInHints()
    {
        long rows = 0;
        foreach (string hint in Directory.Exists(folder["data/lake"]) ? Directory.EnumerateFiles(folder["data/lake"], "version-hint.text", SearchOption.AllDirectories).Where(file => !file.Contains("/lake/mesh/", StringComparison.Ordinal)) : [])
        {
            try
            {
                using var metadata = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(hint)!, $"v{File.ReadAllText(hint).Trim()}.metadata.json")));
                long current = metadata.RootElement.TryGetProperty("current-snapshot-id", out var id) && id.ValueKind == JsonValueKind.Number ? id.GetInt64() : -1;
                foreach (var snapshot in metadata.RootElement.GetProperty("snapshots").EnumerateArray())
                {
                    if (snapshot.GetProperty("snapshot-id").GetInt64() == current) rows += long.Parse(snapshot.GetProperty("summary").GetProperty("total-records").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
                }
            }
            catch (Exception exception) when (exception is IOException or JsonException)
            {
                // It is being written.
            }
        }

        return rows;
    }
}
