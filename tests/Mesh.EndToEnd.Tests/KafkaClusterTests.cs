using System.Text.Json;
using Mesh.Kafka.Testing;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>Mesh on a log and a registry that it did not start: a second broker, in the test's process, stands for the cluster.</summary>
public sealed class KafkaClusterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_demo_passes_on_a_cluster_and_its_events_can_be_looked_at()
    {
        Require.AtLeast(TestLevel.Default);
        await using var cluster = await EmbeddedKafka.StartAsync(folder["cluster"]);
        string[] log = ["--kafka", cluster.Options.Bootstrap, "--schema-registry", cluster.Options.SchemaRegistryUrl];

        var report = await MeshProcess.RunJsonAsync(["demo", "--json", "--data", folder["data"], .. log]);

        long messages = Number(report, "messages_in");
        messages.ShouldBeGreaterThan(50_000);
        messages.ShouldBe(Number(report, "rows_out") + Number(report, "dead_letters") + Number(report, "messages_lost"));
        Number(report, "models").ShouldBeGreaterThan(0);
        (Directory.Exists(Path.Combine(folder["data"], "broker", "topics")) || File.Exists(Path.Combine(folder["data"], "broker", "topics.json"))).ShouldBeFalse("no broker is embedded");

        var topics = (await MeshProcess.RunJsonAsync(["topics", "list", "--json", .. log])).EnumerateArray().ToDictionary(topic => Text(topic, "name")!);
        Number(topics["fleet.uploads.v1"], "partitions").ShouldBe(4);
        Number(topics["fleet.uploads.v1"], "records").ShouldBe(6);
        var described = await MeshProcess.RunJsonAsync(["topics", "describe", "fleet.uploads.v1", "--json", .. log]);
        described.GetProperty("partitions").EnumerateArray().Sum(partition => Number(partition, "end_offset")).ShouldBe(6);
        described.GetProperty("groups").EnumerateArray().Where(group => Text(group, "group") == "mesh.ingest").Sum(group => Number(group, "committed_offset")).ShouldBe(6);
        described.GetProperty("groups").EnumerateArray().Where(group => Text(group, "group") == "mesh.ingest").ShouldAllBe(group => Number(group, "lag") == 0);
        (await MeshProcess.RunJsonAsync(["groups", "list", "--json", .. log])).EnumerateArray().Select(group => Text(group, "name")).ShouldContain("mesh.ingest");

        var (exitCode, output, errors) = await MeshProcess.RunAsync(["topics", "tail", "fleet.uploads.v1", "--from", "earliest", "--json", .. log]);
        exitCode.ShouldBe(0, errors);
        var records = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        records.Count.ShouldBe(6);
        records.ShouldAllBe(record => Text(record, "form") == "event" && Text(record, "type") == "mesh.events.v1.UploadAccepted");
        records.Select(record => Text(record.GetProperty("value"), "vehicle_id")).Order().ShouldBe(["vehicle-1", "vehicle-1", "vehicle-2", "vehicle-2", "vehicle-3", "vehicle-3"]);
        var headers = records.Select(record => record.GetProperty("headers").EnumerateArray().ToDictionary(header => Text(header, "name")!, header => Text(header, "value")!)).ToList();
        headers.Select(header => header["ce_id"]).Distinct().Count().ShouldBe(6);
        headers.ShouldAllBe(header => Guid.Parse(header["ce_id"]).Version == 7 && header["ce_source"] == "/mesh");

        // One trace from the upload to the snapshot: what is published while an event is processed belongs to its trace.
        var uploads = headers.Select(header => header["traceparent"].Split('-')[1]).ToHashSet();
        var written = await TracesAsync("lake.files-written.v1", log);
        written.ShouldAllBe(trace => uploads.Contains(trace));
        (await TracesAsync("lake.snapshot-committed.v1", log)).ShouldAllBe(trace => uploads.Contains(trace));
    }

    [Fact]
    public async Task A_server_on_a_cluster_tells_where_the_log_is_and_topics_are_made_changed_and_deleted_there()
    {
        Require.AtLeast(TestLevel.Default);
        await using var cluster = await EmbeddedKafka.StartAsync(folder["cluster"]);
        var environment = new Dictionary<string, string> { ["MESH_KAFKA__PARTITIONS"] = "2", ["MESH_KAFKA__REPLICATION"] = "1", ["MESH_KAFKA__RACK"] = "r1", ["MESH_KAFKA__CLIENT__SOCKET__TIMEOUT__MS"] = "20000" };
        await using var server = await MeshProcess.UpAsync(
            folder["data"], environment, "--kafka", cluster.Options.Bootstrap, "--schema-registry", cluster.Options.SchemaRegistryUrl);
        string[] log = ["--data", folder["data"]];

        server.AddressOf("kafka").ShouldBe(cluster.Options.Bootstrap);
        var uploads = (await MeshProcess.RunJsonAsync(["topics", "list", "--json", .. log])).EnumerateArray().Single(topic => Text(topic, "name") == "fleet.uploads.v1");
        Number(uploads, "partitions").ShouldBe(2);

        await MeshProcess.RunJsonAsync(["topics", "create", "mine", "--partitions", "3", "--replication", "1", "--set", "retention.ms=60000", "--set", "cleanup.policy=compact", "--json", .. log]);
        await MeshProcess.RunJsonAsync(["topics", "alter", "mine", "--set", "max.message.bytes=2000", "--unset", "cleanup.policy", "--partitions", "4", "--json", .. log]);
        var mine = await MeshProcess.RunJsonAsync(["topics", "describe", "mine", "--json", .. log]);
        mine.GetProperty("partitions").GetArrayLength().ShouldBe(4);
        mine.GetProperty("settings").GetRawText().ShouldBe("""{"max.message.bytes":"2000","retention.ms":"60000"}""");
        var wrong = await MeshProcess.RunAsync(["topics", "alter", "mine", "--set", "retention.ms=soon", .. log]);
        wrong.ExitCode.ShouldBe(1);
        wrong.Errors.ShouldContain("MESH7107");
        wrong.Errors.ShouldContain("soon");

        string kcat = Require.Program("kcat", "apt-get install kcat");
        string input = Write("input", "k1:plain text\nk2:{\"a\":1}\n");
        await ToolProcess.RunAsync(kcat, "-P", "-b", cluster.Options.Bootstrap, "-t", "mine", "-p", "1", "-K", ":", "-H", "h=v", "-l", input);
        await ToolProcess.RunAsync(kcat, "-P", "-b", cluster.Options.Bootstrap, "-t", "mine", "-p", "1", "-k", "k3", "-Z", Write("empty", ""));
        var tail = await MeshProcess.RunAsync(["topics", "tail", "mine", "--from", "earliest", "--max", "2", .. log]);
        tail.Output.ShouldMatch(@"1:0  20[^ ]+Z  k1\s+h: v\s+plain text\s+1:1  20[^ ]+Z  k2\s+h: v\s+\{""a"":1\}");

        await MeshProcess.RunJsonAsync(["topics", "delete", "mine", "--json", .. log]);
        var gone = await MeshProcess.RunAsync(["topics", "describe", "mine", .. log]);
        gone.ExitCode.ShouldBe(1);
        gone.Errors.ShouldContain("MESH7108");
    }

    [Fact]
    public async Task A_followed_topic_shows_what_comes_and_a_group_is_set_back()
    {
        Require.AtLeast(TestLevel.Default);
        string kcat = Require.Program("kcat", "apt-get install kcat");
        await using var cluster = await EmbeddedKafka.StartAsync(folder["cluster"]);
        string[] log = ["--kafka", cluster.Options.Bootstrap];
        await MeshProcess.RunJsonAsync(["topics", "create", "t", "--partitions", "1", "--json", .. log]);
        await using var follower = MeshProcess.Start(["topics", "tail", "t", "--follow", "--from", "earliest", .. log]);
        string input = Write("input", "one\ntwo\nthree\n");
        await ToolProcess.RunAsync(kcat, "-P", "-b", cluster.Options.Bootstrap, "-t", "t", "-l", input);

        await follower.WaitUntilAsync(() => follower.Output.Contains("three", StringComparison.Ordinal), "the third record");
        await follower.SignalAsync("INT");
        await follower.WaitForExitAsync();
        follower.ExitCode.ShouldBe(0, follower.Errors);

        await ToolProcess.RunAsync(kcat, "-b", cluster.Options.Bootstrap, "-o", "beginning", "-c", "3", "-q", "-G", "readers", "t");
        var set = await MeshProcess.RunJsonAsync(["groups", "reset-offsets", "readers", "--topic", "t", "--from", "-1", "--json", .. log]);
        Number(set[0], "committed_offset").ShouldBe(2);
        var group = await MeshProcess.RunJsonAsync(["groups", "describe", "readers", "--json", .. log]);
        Number(group[0], "committed_offset").ShouldBe(2);
        Number(group[0], "lag").ShouldBe(1);
    }

    [Fact]
    public async Task A_cluster_without_a_registry_and_settings_that_delivery_rests_on_are_clear_errors()
    {
        Require.AtLeast(TestLevel.Default);

        var noRegistry = await MeshProcess.RunAsync("up", "--data", folder["data"], "--kafka", "127.0.0.1:1", "--http-port", "0");
        await using var unsafeClient = MeshProcess.Start(
            new Dictionary<string, string> { ["MESH_KAFKA__CLIENT__ENABLE__AUTO__COMMIT"] = "true" }, "topics", "list", "--kafka", "127.0.0.1:1");
        await unsafeClient.WaitForExitAsync();

        noRegistry.ExitCode.ShouldBe(1);
        noRegistry.Errors.ShouldContain("MESH11070");
        noRegistry.Errors.ShouldContain("schemaRegistry.url");
        unsafeClient.ExitCode.ShouldBe(1);
        unsafeClient.Errors.ShouldContain("MESH7106");
        unsafeClient.Errors.ShouldContain("kafka.client.enable.auto.commit");
    }

    private string Write(string name, string text)
    {
        File.WriteAllText(folder[name], text);
        return folder[name];
    }

    private static async Task<List<string>> TracesAsync(string topic, string[] log)
    {
        var (exitCode, output, errors) = await MeshProcess.RunAsync(["topics", "tail", topic, "--from", "earliest", "--json", .. log]);
        exitCode.ShouldBe(0, errors);
        var traces = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("headers").EnumerateArray()
            .Single(header => Text(header, "name") == "traceparent")).Select(header => Text(header, "value")!.Split('-')[1]).ToList();
        traces.ShouldNotBeEmpty();
        return traces;
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static long Number(JsonElement element, string name) => element.GetProperty(name).GetInt64();
}
