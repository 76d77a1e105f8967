using Mesh.Faults.Tests.Support;
using Mesh.Testing;
using Mesh.Upload;

namespace Mesh.Faults.Tests;

/// <summary>
/// Disks fill up and folders go away. Meanwhile uploads are refused for now or wait, and nothing becomes a dead letter; afterwards
/// everything that was accepted is committed without anybody's help.
/// </summary>
public sealed class DiskFullTests(Drives drives) : IDisposable
{
    /// <summary>Bytes left free in each round: too little for anything, then for more and more of the way.</summary>
    private static readonly long[] Leftovers = [0, 64 << 10, 900 << 10, 1400 << 10, 2000 << 10, 2600 << 10];

    private static readonly TimeSpan Grief = TimeSpan.FromSeconds(3);

    private readonly TemporaryFolder folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_full_disk_is_waited_out()
    {
        Require.AtLeast(TestLevel.Default);
        string data = folder["data"];
        Directory.CreateDirectory(data);
        await using var disk = await SmallDisk.TryMountAsync(data, megabytes: 96);
        Assert.SkipUnless(disk is not null, "needs the right to mount a tmpfs: run as root");
        await FillAndFreeAsync(data, disk);
    }

    [Fact]
    public async Task A_lake_that_went_away_is_waited_for()
    {
        Require.AtLeast(TestLevel.Default);
        string lake = folder["data", "lake"];
        await using var server = await FaultServer.UpAsync(folder["data"]);
        (await server.PublishAsync(drives.All.Take(1))).Count.ShouldBe(1);
        await server.CommittedAsTruthSaysAsync(drives.All[0]);

        Directory.Move(lake, lake + ".away");
        await File.WriteAllTextAsync(lake, "in the way", Stop);
        (await server.PublishAsync(drives.All)).Count.ShouldBe(drives.All.Count);
        await Task.Delay(Grief, Stop);
        (await StateOfAsync(server, drives.All[1])).ShouldNotBeOneOf("committed", "deadlettered");
        File.Delete(lake);
        Directory.Move(lake + ".away", lake);

        foreach (var drive in drives.All) await server.CommittedAsTruthSaysAsync(drive);
        (await server.DeadLettersAsync()).ShouldBeEmpty();
        await Lake.HoldsExactlyAsync(folder["data"], drives.All);
    }

    private async Task FillAndFreeAsync(string data, SmallDisk disk)
    {
        var environment = new Dictionary<string, string> { ["MESH_UPLOAD__MINFREEBYTES"] = "0" };
        await using var server = await FaultServer.UpAsync(data, environment);
        var all = drives.All.Select(drive => drive.As(-1)).ToList();
        (await server.PublishAsync(all)).Count.ShouldBe(all.Count);
        foreach (var drive in all) await server.CommittedAsTruthSaysAsync(drive);

        int refused = 0, accepted = 0;
        for (int round = 0; round < Leftovers.Length; round++)
        {
            var arriving = drives.All.Select(drive => drive.As(round)).ToList();
            all.AddRange(arriving);
            disk.Fill(Leftovers[round]).ShouldBeTrue();
            foreach (var drive in arriving)
            {
                var answer = await server.PublishAsync(drive.Path, drive.Vehicle, drive.Session);
                if (answer?.Result == UploadResult.Accepted)
                {
                    accepted++;
                    continue;
                }

                refused++;
                if (answer is null) continue;
                answer.Result.ShouldBe(UploadResult.Refused);
                answer.Reason!.ShouldContain("ree space", Case.Sensitive, "the answer says what to do");
            }

            await Task.Delay(Grief, Stop);
            server.Process.HasExited.ShouldBeFalse(server.Process.Errors);
            disk.Free();

            // Those that were accepted come by themselves, the others when sent again.
            (await server.PublishAsync(arriving)).Count.ShouldBe(arriving.Count, server.Process.Errors);
            foreach (var drive in arriving) await server.CommittedAsTruthSaysAsync(drive);
        }

        // Else nothing was refused, or nothing got far enough to fail later, and the test has shown nothing.
        refused.ShouldBeGreaterThan(0);
        accepted.ShouldBeGreaterThan(0);
        (await server.DeadLettersAsync()).ShouldBeEmpty();
        await Lake.HoldsExactlyAsync(data, all);
    }

    private static async Task<string> StateOfAsync(FaultServer server, Drive drive) => (await server.GetAsync("recordings/" + drive.IngestId))!.Value.GetProperty("state").GetString()!;
}
