using System.Text.Json;
using Mesh.Simulation;
using Mesh.Testing;

namespace Mesh.Faults.Tests;

/// <summary>
/// The plug is pulled at named places of the flow while uploads arrive; after a restart nothing is lost and nothing is there twice, and
/// other people's readers say so.
/// </summary>
public sealed class KillTests : IDisposable
{
    private static readonly string[] Names = ["a.mcap", "b.mcap", "c.mcap"];
    private readonly TemporaryFolder folder = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("upload.after-put")]
    [InlineData("upload.after-commit")]
    [InlineData("decode.mid-recording")]
    [InlineData("partition.after-object-put")]
    [InlineData("ingest.after-files-written")]
    [InlineData("lake.before-swap")]
    [InlineData("lake.after-swap")]
    [InlineData("catalogue.after-commit")]
    [InlineData("outbox.after-publish:2")]
    public async Task Killed_at(string crashPoint)
    {
        Require.AtLeast(TestLevel.Default);
        var truths = new Dictionary<string, SimulationTruth>();
        for (int i = 0; i < Names.Length; i++)
        {
            truths[Names[i]] = await SimulatedRecording.WriteAsync(folder[Names[i]], new DriveOptions { Seed = 40 + i, Duration = TimeSpan.FromSeconds(4), VehicleId = "V" + i }, token);
        }

        await using (var doomed = await MeshProcess.UpAsync(folder["data"], new Dictionary<string, string> { ["MESH_CRASH_AT"] = crashPoint }))
        {
            await PublishUntilDeadAsync(doomed);
            await doomed.WaitForExitAsync();
            doomed.ExitCode.ShouldNotBe(0);
        }

        await using var server = await MeshProcess.UpAsync(folder["data"]);
        foreach (string name in Names)
        {
            // A producer without an answer sends again; one with an answer may as well.
            var answer = await MeshProcess.RunJsonAsync("publish", folder[name], "--vehicle", "V" + Array.IndexOf(Names, name), "--wait", "--json", "--data", folder["data"]);
            answer[0].GetProperty("state").GetString().ShouldBe("committed");
            answer[0].GetProperty("rows").GetInt64().ShouldBe(truths[name].Messages);
            answer[0].GetProperty("dead_letters").GetInt64().ShouldBe(0);
        }

        var recordings = await MeshProcess.RunJsonAsync("recordings", "list", "--json", "--data", folder["data"]);
        recordings.GetArrayLength().ShouldBe(Names.Length);
        await LakeMatchesAsync(truths.Values);
        (await MeshProcess.RunJsonAsync("deadletters", "list", "--json", "--data", folder["data"])).GetArrayLength().ShouldBe(0);
    }

    private async Task PublishUntilDeadAsync(MeshProcess doomed)
    {
        foreach (string name in Names)
        {
            if (doomed.HasExited) return;
            await using var publish = MeshProcess.Start("publish", folder[name], "--vehicle", "V" + Array.IndexOf(Names, name), "--data", folder["data"]);
            while (!publish.HasExited && !doomed.HasExited) await Task.Delay(20, token);
        }

        await doomed.WaitUntilDeadAsync();
    }

    private async Task LakeMatchesAsync(IEnumerable<SimulationTruth> truths)
    {
        var lake = await NodeScript.RunAsync("lake-read.mjs", folder["data", "lake"]);
        long rows = 0;
        foreach (var table in lake.EnumerateObject())
        {
            long seen = table.Value.GetProperty("icebird").GetInt64();
            table.Value.GetProperty("distinct").GetInt64().ShouldBe(seen, $"{table.Name}: (recording, channel, sequence) appears once");
            table.Value.GetProperty("duckdb").GetInt64().ShouldBe(seen, table.Name);
            if (!table.Name.Contains("synchronised", StringComparison.Ordinal)) rows += seen;
        }

        rows.ShouldBe(truths.Sum(truth => truth.Messages));
    }
}
