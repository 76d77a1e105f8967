using Mesh.Commands.Ingest;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Simulation;
using Mesh.Streaming.Ingest;
using Mesh.Streaming.Topologies;
using Mesh.Testing;

namespace Mesh.Commands.Tests.Ingest;

/// <summary>A simulated drive through the topology that Mesh runs when none is given.</summary>
public class SimulatedDriveTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DriveSchema.Ros2)]
    [InlineData(DriveSchema.Protobuf)]
    public async Task Every_message_of_a_drive_is_a_row_and_every_lidar_sweep_a_frame(DriveSchema schema)
    {
        using var folder = new TemporaryFolder();
        string topologyFile = Path.Combine(Repository.Root, "topologies", "fleet-ingest.yaml");
        var topology = Topology.Parse(await File.ReadAllTextAsync(topologyFile, Token), topologyFile);
        var options = IngestOptions.Read(topology);
        topology.Errors.All.ShouldBeEmpty();
        using var bench = new IngestBench(options: options with { SpillFolder = folder["spill"] });
        var truth = await SimulatedRecording.WriteAsync(
            folder["drive.mcap"], new DriveOptions { Duration = TimeSpan.FromSeconds(20), Seed = 7, Schema = schema }, Token);
        var upload = await bench.UploadAsync(await File.ReadAllBytesAsync(folder["drive.mcap"], Token));

        var outcome = await bench.Processor.ProcessUploadAsync(upload, IngestBench.At(0), Token);
        await bench.CommitAsync(outcome.Events);

        var account = outcome.Events[0].Account;
        (account.MessagesIn, account.RowsOut, account.DeadLetters, account.Losses.Count).ShouldBe((truth.Messages, truth.Messages, 0, 0));
        foreach (var channel in truth.Channels)
        {
            account.Channels.Single(candidate => candidate.Channel == channel.Topic).RowsOut.ShouldBe(channel.Messages, channel.Topic);
            var rows = (await bench.IdentitiesAsync(TableNames.Default.OfMessages(channel.SchemaName, channel.Topic).ToString())).Where(row => row.Channel == channel.Topic).ToList();
            rows.Select(row => row.Sequence).Order().ShouldBe(Enumerable.Range(0, (int)channel.Messages).Select(i => (long)i), channel.Topic);
        }

        long sweeps = truth.Channels.Single(channel => channel.Topic == "/lidar/top").Messages;
        account.FramesOut.ShouldBe(sweeps);
        var inputs = RecordingInputEntry.Read(account.SynchronisedJson);
        foreach (var input in inputs)
        {
            (input.Matched + input.Missing.Values.Sum()).ShouldBe(sweeps, input.Input);
            (input.UsedSamples + input.Unmatched.Values.Sum()).ShouldBe(input.Samples, input.Input);
            input.Samples.ShouldBe(truth.Channels.Single(channel => channel.Topic == input.Channel).Messages, input.Input);
        }

        inputs.Count.ShouldBe(6);
        (await bench.ScanAsync("raw.synchronised_frames")).Sum(batch => batch.Length).ShouldBe((int)sweeps);
        (await bench.Recordings.FindAsync(IngestId.Parse(upload.IngestId), Token))!.State.ShouldBe(RecordingState.Committed);
    }
}
