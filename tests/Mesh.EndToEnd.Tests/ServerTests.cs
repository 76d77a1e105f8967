using System.Text.Json;
using Mesh.Simulation;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>A server in one terminal, commands in another.</summary>
public sealed class ServerTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_published_recording_becomes_products_that_survive_a_restart()
    {
        Require.AtLeast(TestLevel.Default);
        var truth = await SimulateAsync("drive.mcap", seed: 3);
        JsonElement before;
        await using (var server = await MeshProcess.UpAsync(folder["data"]))
        {
            var published = await MeshProcess.RunJsonAsync("publish", folder["drive.mcap"], "--vehicle", "V1", "--wait", "--json", "--data", folder["data"]);
            published[0].GetProperty("result").GetString().ShouldBe("accepted");
            published[0].GetProperty("rows").GetInt64().ShouldBe(truth.Messages);
            before = await MeshProcess.RunJsonAsync("products", "list", "--json", "--server", server.AddressOf("http"));
            before.EnumerateArray().Where(product => !product.GetProperty("table").GetString()!.Contains("synchronised", StringComparison.Ordinal))
                .Sum(product => product.GetProperty("rows").GetInt64()).ShouldBe(truth.Messages);
            await server.SignalAsync("INT");
            await server.WaitForExitAsync();
            server.ExitCode.ShouldBe(0, server.Errors);
        }

        await using var restarted = await MeshProcess.UpAsync(folder["data"]);
        var after = await MeshProcess.RunJsonAsync("products", "list", "--json", "--data", folder["data"]);
        after.GetRawText().ShouldBe(before.GetRawText());
        var again = await MeshProcess.RunJsonAsync("publish", folder["drive.mcap"], "--vehicle", "V1", "--json", "--data", folder["data"]);
        again[0].GetProperty("result").GetString().ShouldBe("duplicate");
    }

    [Fact]
    public async Task A_subscriber_sees_the_rows_of_a_recording_arrive_and_goes_on_where_it_stood()
    {
        Require.AtLeast(TestLevel.Default);
        var first = await SimulateAsync("first.mcap", seed: 4);
        var second = await SimulateAsync("second.mcap", seed: 5);
        await using var server = await MeshProcess.UpAsync(folder["data"]);
        string[] consumer = ["--consumer", "test", "--data", folder["data"]];
        var environment = new Dictionary<string, string> { ["XDG_STATE_HOME"] = folder["state"] };
        await PublishAsync("first.mcap", "V1");

        await using (var subscriber = MeshProcess.Start(environment, ["subscribe", "chassis.imu", "--from", "earliest", .. consumer]))
        {
            await subscriber.WaitUntilAsync(() => subscriber.Errors.Contains("snapshot", StringComparison.Ordinal), "the first snapshot");
            await subscriber.SignalAsync("INT");
            await subscriber.WaitForExitAsync();
            ((long)Rows(subscriber.Output).Count).ShouldBe(Messages(first, "/imu"));
        }

        await PublishAsync("second.mcap", "V2");
        await using var resumed = MeshProcess.Start(environment, ["subscribe", "chassis.imu", "--no-follow", .. consumer]);
        await resumed.WaitForExitAsync();
        var rows = Rows(resumed.Output);
        ((long)rows.Count).ShouldBe(Messages(second, "/imu"));
        rows.ShouldAllBe(row => row.GetProperty("vehicle_id").GetString() == "V2");
    }

    [Fact]
    public async Task A_subscriber_takes_record_batches_that_other_peoples_Arrow_reads()
    {
        Require.AtLeast(TestLevel.Default);
        var first = await SimulateAsync("first.mcap", seed: 4);
        var second = await SimulateAsync("second.mcap", seed: 5);
        await using var server = await MeshProcess.UpAsync(folder["data"]);
        var environment = new Dictionary<string, string> { ["XDG_STATE_HOME"] = folder["state"] };
        string[] consumer = ["subscribe", "chassis.imu", "--format", "arrow", "--no-follow", "--consumer", "test", "--data", folder["data"]];
        await PublishAsync("first.mcap", "V1");
        await RunAsync(environment, [.. consumer, "--from", "earliest", "-o", folder["first.arrows"]]);
        await PublishAsync("second.mcap", "V2");
        await RunAsync(environment, [.. consumer, "-o", folder["second.arrows"]]);
        await RunAsync(environment, ["subscribe", "chassis.imu", "--from", "earliest", "--format", "arrow", "--limit", "7", "-o", folder["seven.arrows"], "--data", folder["data"]]);

        string url = server.AddressOf("http").TrimEnd('/') + "/api/v1/products/chassis.imu/batches?columns=vehicle_id,sequence,log_time";
        string whole = server.AddressOf("http").TrimEnd('/') + "/api/v1/products/chassis.imu/scan?columns=vehicle_id,sequence,log_time&where=" + Uri.EscapeDataString("vehicle_id = 'V2'");
        var seen = await NodeScript.RunAsync("arrow-stream.mjs", folder["first.arrows"], folder["second.arrows"], folder["seven.arrows"], url, whole);
        var snapshots = (await MeshProcess.RunJsonAsync("products", "show", "chassis.imu", "--json", "--data", folder["data"])).GetProperty("snapshots").EnumerateArray()
            .Select(snapshot => snapshot.GetProperty("snapshot_id").GetInt64().ToString(System.Globalization.CultureInfo.InvariantCulture)).ToList();
        snapshots.Count.ShouldBe(2);

        (long One, long Two) messages = (Messages(first, "/imu"), Messages(second, "/imu"));
        seen[0].GetProperty("rows").GetRawText().ShouldBe($"{{\"{snapshots[0]}\":{messages.One}}}");
        seen[0].GetProperty("vehicles").GetRawText().ShouldBe("""["V1"]""");
        seen[1].GetProperty("rows").GetRawText().ShouldBe($"{{\"{snapshots[1]}\":{messages.Two}}}");
        seen[1].GetProperty("vehicles").GetRawText().ShouldBe("""["V2"]""");
        seen[2].GetProperty("rows").GetRawText().ShouldBe($"{{\"{snapshots[0]}\":7}}");
        seen[3].GetProperty("rows").GetRawText().ShouldBe($"{{\"{snapshots[0]}\":{messages.One},\"{snapshots[1]}\":{messages.Two}}}");
        seen[3].GetProperty("vehicles").GetRawText().ShouldBe("""["V1","V2"]""");
        seen[4].GetProperty("rows").GetRawText().ShouldBe($"{{\"{snapshots[1]}\":{messages.Two}}}");
        seen[3].GetProperty("type").GetString().ShouldBe("application/vnd.apache.arrow.stream");
        seen[3].GetProperty("columns").GetRawText().ShouldBe("""["vehicle_id: Dictionary<Int32, Utf8>","sequence: Int64","log_time: Timestamp<MICROSECOND, UTC>"]""");
        seen[3].GetProperty("sequences").GetInt64().ShouldBe(messages.One + messages.Two);

        using var http = new HttpClient();
        var unknown = await http.GetAsync(new Uri(url.Replace("sequence", "nothing", StringComparison.Ordinal)), token);
        unknown.StatusCode.ShouldBe(System.Net.HttpStatusCode.BadRequest);
        (await unknown.Content.ReadAsStringAsync(token)).ShouldContain("MESH11038");
    }

    [Fact]
    public async Task A_second_server_on_the_same_directory_and_a_taken_port_are_clear_errors()
    {
        Require.AtLeast(TestLevel.Default);
        await using var server = await MeshProcess.UpAsync(folder["data"]);
        string port = new Uri(server.AddressOf("http")).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);

        var sameFolder = await MeshProcess.RunAsync("up", "--data", folder["data"], "--http-port", "0", "--kafka-port", "0", "--schema-registry-port", "0");
        var samePort = await MeshProcess.RunAsync("up", "--data", folder["other"], "--http-port", port, "--kafka-port", "0", "--schema-registry-port", "0");
        string kafkaPort = server.AddressOf("kafka").Split(':')[1];
        var sameKafkaPort = await MeshProcess.RunAsync("up", "--data", folder["third"], "--http-port", "0", "--kafka-port", kafkaPort, "--schema-registry-port", "0");

        sameFolder.ExitCode.ShouldBe(1);
        sameFolder.Errors.ShouldContain("MESH11010");
        samePort.ExitCode.ShouldBe(1);
        samePort.Errors.ShouldContain("http.port");
        sameKafkaPort.ExitCode.ShouldBe(1);
        sameKafkaPort.Errors.ShouldContain("kafka.port");
    }

    [Fact]
    public async Task Beyond_loopback_a_server_needs_a_certificate_and_a_token()
    {
        Require.AtLeast(TestLevel.Default);

        var open = await MeshProcess.RunAsync("up", "--data", folder["data"], "--http-listen", "0.0.0.0", "--http-port", "0", "--kafka-port", "0", "--schema-registry-port", "0");

        open.ExitCode.ShouldBe(1);
        open.Errors.ShouldContain("MESH11052");
        open.Errors.ShouldContain("tls.certificate");
    }

    [Fact]
    public async Task With_a_token_nobody_gets_in_without_it_and_everything_works_with_it()
    {
        Require.AtLeast(TestLevel.Default);
        await SimulateAsync("drive.mcap", seed: 6);
        await using var server = await MeshProcess.UpAsync(folder["data"], null, "--token", "secret");

        var without = await MeshProcess.RunAsync("publish", folder["drive.mcap"], "--vehicle", "V1", "--data", folder["data"]);
        var with = await MeshProcess.RunAsync("publish", folder["drive.mcap"], "--vehicle", "V1", "--wait", "--data", folder["data"], "--token", "secret");

        without.ExitCode.ShouldBe(1);
        without.Output.ShouldContain("--token");
        with.ExitCode.ShouldBe(0, with.Errors + with.Output);
    }

    [Fact]
    public async Task Somebody_elses_Kafka_client_produces_to_the_broker_and_reads_Mesh_events_from_it()
    {
        Require.AtLeast(TestLevel.Default);
        string kcat = Require.Program("kcat", "apt-get install kcat");
        await SimulateAsync("drive.mcap", seed: 7);
        await using var server = await MeshProcess.UpAsync(folder["data"]);
        await PublishAsync("drive.mcap", "V1");
        string bootstrap = server.AddressOf("kafka");

        await File.WriteAllLinesAsync(folder["lines"], ["one", "two", "three"], token);
        await ToolProcess.RunAsync(kcat, "-b", bootstrap, "-P", "-t", "notes", "-l", folder["lines"]);
        string read = await ToolProcess.RunAsync(kcat, "-b", bootstrap, "-C", "-t", "notes", "-e", "-q");
        string uploads = await ToolProcess.RunAsync(kcat, "-b", bootstrap, "-C", "-t", "fleet.uploads.v1", "-e", "-q", "-f", "%k %S\n");

        read.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe(["one", "two", "three"]);
        uploads.ShouldStartWith("V1 ");
    }

    [Fact]
    public async Task A_file_that_is_no_recording_ends_in_a_dead_letter_and_the_next_upload_goes_on()
    {
        Require.AtLeast(TestLevel.Default);
        await File.WriteAllTextAsync(folder["notes.txt"], "this is not a recording", token);
        await SimulateAsync("drive.mcap", seed: 8);
        await using var server = await MeshProcess.UpAsync(folder["data"]);

        var bad = await MeshProcess.RunAsync("publish", folder["notes.txt"], "--vehicle", "V1", "--wait", "--data", folder["data"]);
        var good = await MeshProcess.RunAsync("publish", folder["drive.mcap"], "--vehicle", "V1", "--wait", "--data", folder["data"]);
        var letters = await MeshProcess.RunJsonAsync("deadletters", "list", "--json", "--data", folder["data"]);

        bad.ExitCode.ShouldBe(1);
        bad.Output.ShouldContain("MESH10002");
        good.ExitCode.ShouldBe(0, good.Errors + good.Output);
        letters.GetArrayLength().ShouldBe(1);
        letters[0].GetProperty("code").GetString().ShouldBe("MESH10002");
    }

    private static async Task RunAsync(Dictionary<string, string> environment, string[] arguments)
    {
        await using var process = MeshProcess.Start(environment, arguments);
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, process.Errors);
    }

    private async Task<SimulationTruth> SimulateAsync(string name, int seed) =>
        await SimulatedRecording.WriteAsync(folder[name], new DriveOptions { Seed = seed, Duration = TimeSpan.FromSeconds(5) }, token);

    private Task PublishAsync(string name, string vehicle) =>
        MeshProcess.RunJsonAsync("publish", folder[name], "--vehicle", vehicle, "--wait", "--json", "--data", folder["data"]);

    private static long Messages(SimulationTruth truth, string topic) => truth.Channels.Single(channel => channel.Topic == topic).Messages;

    private static List<JsonElement> Rows(string output) =>
        [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
}
