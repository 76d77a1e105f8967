using Mesh.EndToEnd.Tests;
using Mesh.Faults.Tests.Support;
using Mesh.Simulation;
using Mesh.Testing;

namespace Mesh.Faults.Tests;

/// <summary>The plug is pulled while a recording comes in pieces over Kafka; the producer goes on and every message is there exactly once.</summary>
public sealed class KillChunksTests : IDisposable
{
    /// <summary>Places that only uploads in pieces reach; the third piece is in the middle of the recording.</summary>
    public static readonly TheoryData<string> Cases = ["upload.after-chunk:3"];

    private readonly TemporaryFolder folder = new();

    /// <summary>All of them.</summary>
    public static IEnumerable<string> Places => Cases.Select(row => row.Data);

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Killed_between_two_pieces(string place)
    {
        Require.AtLeast(TestLevel.Default);
        var truth = await SimulatedRecording.WriteAsync(folder["drive.mcap"], new DriveOptions { Seed = 21, Duration = TimeSpan.FromSeconds(5) }, TestContext.Current.CancellationToken);
        await using var doomed = await MeshProcess.UpAsync(folder["data"], new Dictionary<string, string> { ["MESH_CRASH_AT"] = place });
        string kafka = doomed.AddressOf("kafka");
        await using var producer = MeshProcess.Start("publish", folder["drive.mcap"], "--vehicle", "V1", "--kafka", kafka, "--json", "--server", doomed.AddressOf("http"));
        await doomed.WaitUntilDeadAsync();
        doomed.ExitCode.ShouldBe(FaultServer.Killed, doomed.Errors);

        // The broker comes back where the producer knows it.
        await using var server = await MeshProcess.UpAsync(folder["data"], null, "--kafka-port", kafka.Split(':')[1]);
        await producer.WaitForExitAsync();

        producer.ExitCode.ShouldBe(0, producer.Errors + producer.Output);
        var answer = await MeshProcess.RunJsonAsync("publish", folder["drive.mcap"], "--vehicle", "V1", "--wait", "--json", "--data", folder["data"]);
        answer[0].GetProperty("result").GetString().ShouldBe("duplicate");
        answer[0].GetProperty("rows").GetInt64().ShouldBe(truth.Messages);
    }
}
