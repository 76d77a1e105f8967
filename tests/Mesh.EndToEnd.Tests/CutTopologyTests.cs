using System.Text.Json;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>One topology reads recordings and puts a product on a topic as telemetry, another goes on from there.</summary>
public sealed class CutTopologyTests : IDisposable
{
    private const string First = """
        apiVersion: mesh/v1
        kind: Topology
        metadata: { name: first, owner: chassis }
        products:
          - { name: chassis.imu, from: { schema: sensor_msgs/msg/Imu }, publish: { topic: chassis.imu.messages.v1, as: telemetry } }
        """;

    private const string Second = """
        apiVersion: mesh/v1
        kind: Topology
        metadata: { name: second, owner: motion }
        source: { topic: chassis.imu.messages.v1, from: earliest }
        partition: { namespace: motion }
        telemetry: { maxDelay: 300ms }
        """;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Every_message_crosses_the_topic_once_with_its_values_times_and_types()
    {
        Require.AtLeast(TestLevel.Default);
        File.WriteAllText(folder["first.yaml"], First);
        File.WriteAllText(folder["second.yaml"], Second);
        string recording = folder["drive.mcap"];
        await MeshProcess.RunJsonAsync("simulate", "-o", recording, "--duration", "5s", "--json");
        List<string> before;
        await using (var server = await UpAsync())
        {
            foreach (string vehicle in (string[])["car-1", "car-2"])
            {
                await MeshProcess.RunJsonAsync("publish", recording, "--vehicle", vehicle, "--wait", "--json", "--server", server.AddressOf("http"));
            }

            before = await ContentAsync("raw.sensor_msgs_imu");
            before.Count.ShouldBeGreaterThan(500);
            await Eventually.TrueAsync(async () => await CountAsync("motion.sensor_msgs_imu") >= before.Count, TestContext.Current.CancellationToken);
            (await ContentAsync("motion.sensor_msgs_imu")).ShouldBe(before);
            (await MeshProcess.RunJsonAsync("deadletters", "list", "--json", "--data", folder["data"])).GetArrayLength().ShouldBe(0);
        }

        // The publisher begins anew, as after a crash before it could say how far it was: what comes again is known.
        await using (var idle = await UpAsync("--stages", "upload"))
        {
            var (exitCode, _, errors) = await MeshProcess.RunAsync("groups", "reset-offsets", "mesh.publish", "--topic", "lake.snapshot-committed.v1", "--from", "earliest", "--kafka", idle.AddressOf("kafka"));
            exitCode.ShouldBe(0, errors);
        }

        await using var again = await UpAsync();
        await Eventually.TrueAsync(async () => await LagAsync(again, "mesh.publish") == 0 && await LagAsync(again, "mesh.second") == 0, TestContext.Current.CancellationToken);
        (await ContentAsync("motion.sensor_msgs_imu")).ShouldBe(before);
    }

    private Task<MeshProcess> UpAsync(params string[] arguments) =>
        MeshProcess.UpAsync(folder["data"], null, ["--topology", folder["first.yaml"], "--topology", folder["second.yaml"], .. arguments]);

    private static async Task<long> LagAsync(MeshProcess server, string group)
    {
        var partitions = await MeshProcess.RunJsonAsync("groups", "describe", group, "--json", "--kafka", server.AddressOf("kafka"));
        return partitions.EnumerateArray().Sum(partition => partition.GetProperty("lag").GetInt64());
    }

    private async Task<long> CountAsync(string table)
    {
        var products = await MeshProcess.RunJsonAsync("products", "list", "--json", "--data", folder["data"]);
        var found = products.EnumerateArray().FirstOrDefault(product => product.GetProperty("table").GetString() == table);
        return found.ValueKind == JsonValueKind.Undefined ? 0 : found.GetProperty("rows").GetInt64();
    }

    /// <summary>A table's rows in an order of their own, without what must differ between the sides: the recording and the number in it.</summary>
    private async Task<List<string>> ContentAsync(string table)
    {
        var (exitCode, output, errors) = await MeshProcess.RunAsync("subscribe", table, "--from", "earliest", "--no-follow", "--data", folder["data"]);
        exitCode.ShouldBe(0, errors);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Comparable(JsonDocument.Parse(line).RootElement)).Order(StringComparer.Ordinal)];
    }

    private static string Comparable(JsonElement row) => string.Join(
        ';', row.EnumerateObject().Where(column => column.Name is not ("recording_id" or "sequence" or "clock_error_ns")).OrderBy(column => column.Name, StringComparer.Ordinal).Select(column => column.ToString()));
}
