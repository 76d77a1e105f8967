using System.Globalization;
using Mesh.Faults.Tests.Support;
using Mesh.Testing;

namespace Mesh.Faults.Tests;

/// <summary>The plug is pulled at moments nobody chose, again and again on the same data.</summary>
public sealed class RandomKillTests(Drives drives) : IDisposable
{
    private const int Rounds = 5;
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Killed_at_random_moments_while_uploads_arrive()
    {
        Require.AtLeast(TestLevel.Default);
        int seed = int.TryParse(Environment.GetEnvironmentVariable("MESH_TEST_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Random.Shared.Next();
        TestContext.Current.SendDiagnosticMessage($"MESH_TEST_SEED={seed}");
        TestContext.Current.TestOutputHelper?.WriteLine($"MESH_TEST_SEED={seed}");
        var random = new Random(seed);
        var all = new List<Drive>();
        var acknowledged = new List<Drive>();
        for (int round = 0; round < Rounds; round++)
        {
            var arriving = drives.All.Select(drive => drive.As(round)).ToList();
            all.AddRange(arriving);
            await using var doomed = await FaultServer.UpAsync(folder["data"]);
            var publishing = doomed.PublishAsync(arriving);
            await Task.Delay(random.Next(round == 0 ? 300 : 0, 2500), TestContext.Current.CancellationToken);
            doomed.Process.HasExited.ShouldBeFalse(doomed.Process.Errors);
            await doomed.Process.KillAsync();
            acknowledged.AddRange(await publishing);
        }

        await using var server = await FaultServer.UpAsync(folder["data"]);
        foreach (var drive in acknowledged) await server.CommittedAsTruthSaysAsync(drive);
        (await server.PublishAsync(all)).Count.ShouldBe(all.Count);
        foreach (var drive in all) await server.CommittedAsTruthSaysAsync(drive);
        (await server.DeadLettersAsync()).ShouldBeEmpty($"MESH_TEST_SEED={seed}");
        await Lake.HoldsExactlyAsync(folder["data"], all);
    }
}
