using System.Text.Json;
using Mesh.Faults.Tests.Support;
using Mesh.Testing;

namespace Mesh.Faults.Tests;

/// <summary>The plug is pulled while dead letters go to their table; after a restart other people's readers find each once.</summary>
public sealed class KillDeadLettersTests : IDisposable
{
    /// <summary>Places of this test; with a count, the n-th time the place is reached.</summary>
    public static readonly TheoryData<string> Places = ["dead-letters.before-commit", "dead-letters.after-commit"];

    private const int Letters = 40;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Killed_at(string place)
    {
        Require.AtLeast(TestLevel.Default);
        File.WriteAllText(folder["live.yaml"], """
            apiVersion: mesh/v1
            kind: Topology
            metadata: { name: live, owner: fleet }
            source: { topic: fleet.telemetry.v1, from: earliest }
            telemetry: { maxDelay: 100ms }
            """);
        string kcat = Require.Program("kcat", "apt-get install kcat");
        File.WriteAllLines(folder["bad"], Enumerable.Range(0, Letters).Select(n => $"not JSON {n}"));
        await using (var doomed = await FaultServer.UpAsync(folder["data"], new Dictionary<string, string> { ["MESH_CRASH_AT"] = place }, "--topology", folder["live.yaml"]))
        {
            await ToolProcess.RunAsync(
                kcat, "-b", doomed.Process.AddressOf("kafka"), "-P", "-t", "fleet.telemetry.v1", "-k", "car-1", "-H", "mesh-encoding=json", "-H", "mesh-channel=/notes", "-l", folder["bad"]);
            await doomed.Process.WaitUntilDeadAsync();
            doomed.Process.ExitCode.ShouldBe(FaultServer.Killed, doomed.Process.Errors);
        }

        await using var server = await FaultServer.UpAsync(folder["data"], null, "--topology", folder["live.yaml"]);
        JsonElement lake = default;
        int records = 0;
        await server.WaitUntilAsync(
            async () =>
            {
                lake = await NodeScript.RunAsync("lake-read.mjs", folder["data/lake"]);
                string offsets = await ToolProcess.RunAsync(kcat, "-b", server.Process.AddressOf("kafka"), "-C", "-t", "mesh.decode.dead-letters.v1", "-e", "-q", "-f", "%o\n");
                records = offsets.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
                return records >= Letters && lake.TryGetProperty("mesh.dead_letters", out var found) && found.GetProperty("icebird").GetInt32() >= records;
            },
            () => $"{records} letters; there are {lake}");

        // A batch that was under way when the plug was pulled may have written its letters again: more records, and as many rows.
        var table = lake.GetProperty("mesh.dead_letters");
        foreach (string reader in (string[])["icebird", "duckdb", "hyparquet", "distinct", "duckdb_distinct"]) table.GetProperty(reader).GetInt32().ShouldBe(records, reader);
        table.GetProperty("snapshots").GetInt32().ShouldBeLessThan(5, "batches, not a snapshot per letter");
        (await server.DeadLettersAsync()).Count.ShouldBe(Letters);
    }
}
