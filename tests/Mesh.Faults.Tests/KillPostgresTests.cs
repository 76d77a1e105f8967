using Mesh.Faults.Tests.Support;
using Mesh.Testing;
using Mesh.Upload;

namespace Mesh.Faults.Tests;

/// <summary>
/// The catalogue is in PostgreSQL, whose server loses its power again and again while uploads arrive: the stages go on by themselves when it is
/// back, nothing is lost and nothing is there twice.
/// </summary>
public sealed class KillPostgresTests(Drives drives) : IDisposable
{
    private const int Rounds = 4;
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_catalogues_server_dies_during_work_and_the_stages_go_on_when_it_is_back()
    {
        Require.AtLeast(TestLevel.Default);
        using var postgres = new PostgresServer();
        var environment = new Dictionary<string, string> { ["MESH_CATALOGUE__CONNECTION"] = postgres.Connection };
        await using var server = await FaultServer.UpAsync(folder["data"], environment);
        var all = Enumerable.Range(0, Rounds).SelectMany(round => drives.All.Select(drive => drive.As(round))).ToList();
        List<Drive> acknowledged = [];
        for (int round = 0; round < Rounds; round++)
        {
            var publishing = all.Skip(round * drives.All.Count).Take(drives.All.Count)
                .Select(async drive => (Drive: drive, Answer: await server.PublishAsync(drive.Path, drive.Vehicle, drive.Session))).ToList();
            // Another moment of the work in each round; what is asserted holds for any.
            await Task.Delay(100 + 300 * round, Stop);
            postgres.Kill();
            foreach (var (drive, answer) in await Task.WhenAll(publishing))
            {
                if (answer?.Result is UploadResult.Accepted or UploadResult.Duplicate) acknowledged.Add(drive);
                else answer?.Code.ShouldBe("MESH8203");
            }

            postgres.Start();
        }

        // What was acknowledged is committed without anybody's help; a producer without an answer sends again.
        foreach (var drive in acknowledged) await server.CommittedAsTruthSaysAsync(drive);
        (await server.PublishAsync(all)).Count.ShouldBe(all.Count);
        foreach (var drive in all) await server.CommittedAsTruthSaysAsync(drive);
        (await server.GetAsync("recordings"))!.Value.GetArrayLength().ShouldBe(all.Count);
        (await server.DeadLettersAsync()).ShouldBeEmpty();
        await Lake.HoldsExactlyAsync(folder["data"], all);
        File.Exists(folder["data", "mesh.db"]).ShouldBeFalse("the catalogue is in PostgreSQL");
    }
}
