using System.Text.RegularExpressions;
using Mesh.Faults.Tests.Support;
using Mesh.Testing;

namespace Mesh.Faults.Tests;

/// <summary>
/// The plug is pulled at every named place between upload and commit while uploads arrive; after a restart nothing is lost and nothing is
/// there twice, and other people's readers say so.
/// </summary>
public sealed partial class KillTests(Drives drives) : IDisposable
{
    /// <summary>Places of this test; with a count, the n-th time the place is reached.</summary>
    public static readonly TheoryData<string> Places =
    [
        "upload.before-put", "upload.after-put:2", "upload.after-commit", "outbox.after-publish",
        "decode.after-read", "decode.mid-recording:2", "partition.mid-write", "partition.after-object-put:5",
        "ingest.before-files-written", "ingest.after-files-written", "ingest.after-offset",
        "catalogue.after-read", "catalogue.before-commit:3", "lake.before-swap:2", "lake.mid-swap:3", "lake.after-swap", "lake.after-swap:7",
        "catalogue.after-commit:4", "catalogue.after-offset",
    ];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Killed_at(string place)
    {
        Require.AtLeast(TestLevel.Default);
        KillPlaces.HalfBelowFull(Places.Select(row => row.Data), place);
        IReadOnlyList<Drive> acknowledged;
        await using (var doomed = await FaultServer.UpAsync(folder["data"], new Dictionary<string, string> { ["MESH_CRASH_AT"] = place }))
        {
            acknowledged = await doomed.PublishAsync(drives.All);
            await doomed.Process.WaitUntilDeadAsync();
            doomed.Process.ExitCode.ShouldBe(FaultServer.Killed, doomed.Process.Errors);
        }

        await using var server = await FaultServer.UpAsync(folder["data"]);

        // What was acknowledged is committed without anybody's help; a producer without an answer sends again, and so may one with.
        foreach (var drive in acknowledged) await server.CommittedAsTruthSaysAsync(drive);
        (await server.PublishAsync(drives.All)).Count.ShouldBe(drives.All.Count);
        foreach (var drive in drives.All) await server.CommittedAsTruthSaysAsync(drive);
        (await server.GetAsync("recordings"))!.Value.GetArrayLength().ShouldBe(drives.All.Count);
        (await server.DeadLettersAsync()).ShouldBeEmpty();
        await Lake.HoldsExactlyAsync(folder["data"], drives.All);
    }

    [Fact]
    public void Every_crash_point_there_is_has_been_thought_of()
    {
        var tested = Places.Select(row => row.Data).Concat(KillTrainingTests.Places.Select(row => row.Data)).Concat(KillTelemetryTests.Places.Select(row => row.Data))
            .Concat(KillMaintenanceTests.Places.Select(row => row.Data.Item1)).Concat(KillReplayTests.Places).Concat(KillChunksTests.Places).Concat(KillDeadLettersTests.Places.Select(row => row.Data))
            .Concat(KillStudyTests.Places.Select(row => row.Data)).Concat(KillSignalsTests.Places.Select(row => row.Data))
            .Select(place => place.Split(':')[0]).Distinct().Order();
        var existing = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Reached().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value).Distinct().Order();

        tested.ShouldBe(existing);
    }

    [GeneratedRegex("CrashPoint\\.Reach\\(\"([a-z.-]+)\"\\)")]
    private static partial Regex Reached();
}
