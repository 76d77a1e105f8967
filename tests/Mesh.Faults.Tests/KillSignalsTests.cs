using System.Text.Json;
using Mesh.Faults.Tests.Support;
using Mesh.Testing;

namespace Mesh.Faults.Tests;

/// <summary>The plug is pulled while a recording's signals are made ready to be looked at; after a restart they are, each once.</summary>
public sealed class KillSignalsTests(Drives drives) : IDisposable
{
    /// <summary>Places of this test; with a count, the n-th time the place is reached.</summary>
    public static readonly TheoryData<string> Places = ["signals.before-put:2", "signals.after-put"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Killed_at(string place)
    {
        Require.AtLeast(TestLevel.Default);
        IReadOnlyList<Drive> acknowledged;
        await using (var doomed = await FaultServer.UpAsync(folder["data"], new Dictionary<string, string> { ["MESH_CRASH_AT"] = place }))
        {
            acknowledged = await doomed.PublishAsync(drives.All);
            await doomed.Process.WaitUntilDeadAsync();
            doomed.Process.ExitCode.ShouldBe(FaultServer.Killed, doomed.Process.Errors);
        }

        acknowledged.ShouldNotBeEmpty();
        await using var server = await FaultServer.UpAsync(folder["data"]);
        foreach (var drive in acknowledged)
        {
            await server.CommittedAsTruthSaysAsync(drive);
            JsonElement signals = default;
            await server.WaitUntilAsync(
                async () =>
                {
                    if (await server.GetAsync($"recordings/{drive.IngestId}/signals") is not { } answer) return false;
                    signals = answer.GetProperty("signals");
                    return signals.GetArrayLength() > 0 && signals.EnumerateArray().All(signal => signal.GetProperty("state").GetString() == "ready");
                },
                () => $"the signals of {drive.IngestId} to be ready: {signals}");
            signals.EnumerateArray().ShouldAllBe(signal => signal.GetProperty("samples").GetInt64() > 0);
        }

        // One of each table and recording: what was half made is gone or was made whole.
        var pyramids = Directory.EnumerateFiles(folder["data/lake/pyramids"], "*", SearchOption.AllDirectories).ToList();
        pyramids.ShouldNotBeEmpty();
        pyramids.Select(Path.GetDirectoryName).ShouldBeUnique();
        pyramids.ShouldAllBe(file => file.EndsWith(".sig", StringComparison.Ordinal));
    }
}
