using Mesh.Faults.Tests.Support;
using Mesh.Testing;

namespace Mesh.Faults.Tests;

/// <summary>The plug is pulled while tables are compacted, their manifests rewritten and their snapshots expired: every row stays, once, and only orphans are left over.</summary>
public sealed class KillMaintenanceTests(Drives drives) : IDisposable
{
    /// <summary>Places of this test, with the command that reaches them.</summary>
    public static readonly TheoryData<string, string> Places = new()
    {
        { "maintenance.mid-write:3", "compact" }, { "maintenance.before-swap:2", "compact" }, { "maintenance.after-swap", "compact" },
        { "maintenance.before-swap", "manifests" }, { "maintenance.after-swap", "expire" }, { "maintenance.mid-delete:2", "expire" },
    };

    private static readonly Dictionary<string, string[]> Commands = new()
    {
        ["compact"] = ["catalogue", "compact", "--all", "--sort"],
        ["manifests"] = ["catalogue", "manifests", "--all"],
        ["expire"] = ["catalogue", "expire", "--all", "--older-than", "0s", "--keep-last", "1"],
    };

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Killed_at(string place, string command)
    {
        Require.AtLeast(TestLevel.Default);
        await using (var server = await FaultServer.UpAsync(folder["data"]))
        {
            foreach (var drive in drives.All)
            {
                (await server.PublishAsync(drive.Path, drive.Vehicle, drive.Session)).ShouldNotBeNull();
                await server.CommittedAsTruthSaysAsync(drive);
            }
        }

        // Expiry has something to delete once files have been replaced.
        if (command == "expire") await RunAsync("compact");
        await using (var doomed = MeshProcess.Start(new Dictionary<string, string> { ["MESH_CRASH_AT"] = place }, [.. Commands[command], "--data", folder["data"]]))
        {
            await doomed.WaitUntilDeadAsync();
            doomed.ExitCode.ShouldBe(FaultServer.Killed, doomed.Errors + doomed.Output);
        }

        await Lake.HoldsExactlyAsync(folder["data"], drives.All);
        foreach (string again in Commands.Keys) await RunAsync(again);
        await Lake.HoldsExactlyAsync(folder["data"], drives.All);
        foreach (var table in (await MeshProcess.RunJsonAsync("catalogue", "orphans", "--all", "--older-than", "0s", "--json", "--data", folder["data"])).EnumerateArray())
        {
            table.GetProperty("dry_run").GetBoolean().ShouldBeFalse();
        }

        await Lake.HoldsExactlyAsync(folder["data"], drives.All);
    }

    private async Task RunAsync(string command)
    {
        var (exitCode, output, errors) = await MeshProcess.RunAsync([.. Commands[command], "--data", folder["data"]]);
        exitCode.ShouldBe(0, errors + output);
    }
}
