using System.Text.Json;
using Mesh.Simulation;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>Recordings from producers that have nothing but a Kafka client.</summary>
public sealed class ChunkedUploadTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Python_s_client_uploads_a_recording_that_becomes_rows_once_though_it_lost_power_and_sent_a_damaged_piece()
    {
        Require.AtLeast(TestLevel.Default);
        Require.Program("python3", "apt-get install python3-kafka");
        var truth = await SimulatedRecording.WriteAsync(folder["drive.mcap"], new DriveOptions { Seed = 11, Duration = TimeSpan.FromSeconds(5) }, TestContext.Current.CancellationToken);
        await using var server = await MeshProcess.UpAsync(folder["data"]);
        string kafka = server.AddressOf("kafka");

        (await UploadAsync(kafka, "stop"))[^1].ShouldSatisfyAllConditions(
            answer => answer.GetProperty("result").GetString().ShouldBe("incomplete"), answer => answer.GetProperty("next_offset").GetInt64().ShouldBeGreaterThan(0));
        var answers = await UploadAsync(kafka, "damage");
        answers[^1].GetProperty("result").GetString().ShouldBe("accepted");
        var again = await MeshProcess.RunJsonAsync("publish", folder["drive.mcap"], "--vehicle", "V1", "--kafka", kafka, "--wait", "--json", "--data", folder["data"]);

        again[0].GetProperty("result").GetString().ShouldBe("duplicate");
        again[0].GetProperty("ingest_id").GetString().ShouldBe(answers[^1].GetProperty("ingest_id").GetString());
        again[0].GetProperty("rows").GetInt64().ShouldBe(truth.Messages);
    }

    private async Task<List<JsonElement>> UploadAsync(string kafka, string fault)
    {
        string printed = await ToolProcess.RunAsync(
            "/usr/bin/python3", Path.Combine(Repository.Root, "tests", "foreign", "upload-chunks.py"), kafka, folder["drive.mcap"], "V1", "drive-1", fault);
        return [.. printed.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.Clone())];
    }
}
