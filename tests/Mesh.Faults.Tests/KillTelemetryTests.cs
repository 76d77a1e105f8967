using System.Text.Json;
using Mesh.Faults.Tests.Support;
using Mesh.Testing;

namespace Mesh.Faults.Tests;

/// <summary>The plug is pulled while telemetry becomes snapshots; after a restart every message is in its table once, and every frame made once.</summary>
public sealed class KillTelemetryTests : IDisposable
{
    /// <summary>Places of this test; with a count, the n-th time the place is reached.</summary>
    public static readonly TheoryData<string> Places =
    [
        "telemetry.after-read:2", "telemetry.before-commit", "telemetry.after-table:2", "telemetry.after-table:7", "telemetry.before-progress:2", "telemetry.after-progress",
        "telemetry.before-frames:2", "telemetry.after-frames", "telemetry.after-frames:3", "lake.before-swap:3", "lake.after-swap:4", "partition.after-object-put:2",
    ];

    private const int Messages = 100;

    private static readonly string[] Tables = ["raw.fleet_position", "raw.geometry_msgs_vector3", "raw.demo_msgs_rate", "raw.synchronised_frames"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Killed_at(string place)
    {
        Require.AtLeast(TestLevel.Default);
        KillPlaces.HalfBelowFull(Places.Select(row => row.Data), place);
        string uploads = Write("uploads.yaml", "apiVersion: mesh/v1\nkind: Topology\nmetadata: { name: uploads, owner: fleet }\n");
        string live = Write("live.yaml", """
            apiVersion: mesh/v1
            kind: Topology
            metadata: { name: live, owner: fleet }
            source: { topic: fleet.telemetry.v1, from: earliest }
            telemetry: { maxRows: 130, maxDelay: 100ms, lateness: 200ms, idle: 1s }
            synchronise:
              - name: frames
                reference: { channel: /imu/rate }
                inputs: [{ channel: /gnss/position, policy: previous, maxAge: 100ms }, { channel: /imu/raw, policy: linear, maxGap: 100ms }]
            """);
        await using (var log = await FaultServer.UpAsync(folder["data"], null, "--topology", uploads))
        {
            await NodeScript.RunAsync("telemetry/send.mjs", log.Process.AddressOf("kafka"), log.Process.AddressOf("schema registry"), "car-1", $"{Messages}");
        }

        await using (var doomed = await FaultServer.UpAsync(folder["data"], new Dictionary<string, string> { ["MESH_CRASH_AT"] = place }, "--topology", live))
        {
            await doomed.Process.WaitUntilDeadAsync();
            doomed.Process.ExitCode.ShouldBe(FaultServer.Killed, doomed.Process.Errors);
        }

        await using var server = await FaultServer.UpAsync(folder["data"], null, "--topology", live);
        JsonElement lake = default;
        await server.WaitUntilAsync(
            async () =>
            {
                lake = await NodeScript.RunAsync("lake-read.mjs", folder["data/lake"]);
                return Tables.All(table => Rows(lake, table) >= Messages) && Rows(lake, "raw.can_frames") >= 2 * Messages;
            },
            () => $"all messages; there are {lake}");
        foreach (string table in Tables) ShouldHold(lake.GetProperty(table), Messages);
        ShouldHold(lake.GetProperty("raw.can_frames"), 2 * Messages);
        (await server.DeadLettersAsync()).ShouldHaveSingleItem().GetProperty("code").GetString().ShouldBe("MESH10510");
    }

    private static void ShouldHold(JsonElement table, int rows)
    {
        foreach (string reader in (string[])["icebird", "duckdb", "distinct", "duckdb_distinct"]) table.GetProperty(reader).GetInt32().ShouldBe(rows, reader);
    }

    private static int Rows(JsonElement lake, string table) =>
        lake.ValueKind == JsonValueKind.Object && lake.TryGetProperty(table, out var found) ? found.GetProperty("icebird").GetInt32() : 0;

    private string Write(string name, string text)
    {
        File.WriteAllText(folder[name], text);
        return folder[name];
    }
}
