using Mesh.Columnar;
using Mesh.Decode;
using Mesh.Model;
using Mesh.Simulation;
using Mesh.Storage;
using Mesh.Streaming.Ingest;
using Mesh.Synchronise;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Training.Tests;

/// <summary>The trainer on what the stages before it really make of a drive.</summary>
public class SimulatedDriveTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(DriveSchema.Ros2, 6, 90)]
    [InlineData(DriveSchema.Protobuf, 3, 120)]
    public async Task Manoeuvres_of_simulated_drives_are_learnt_clearly_better_than_the_majority_class(DriveSchema schema, int drives, int seconds)
    {
        Require.AtLeast(TestLevel.Default);
        using var folder = new TemporaryFolder();
        using var trainer = new TrainerFixture();
        var files = new List<RecordBatch[]>();
        for (int i = 1; i <= drives; i++)
        {
            files.Add(await FramesOfAsync(folder, new DriveOptions
            {
                VehicleId = $"V{i % 3}", Seed = i, Schema = schema, Duration = TimeSpan.FromSeconds(seconds), CameraWidth = 16, CameraHeight = 16, LidarPoints = 16,
            }));
        }

        await trainer.PrepareAsync(files);

        (await trainer.RunAsync()).ShouldBe(0, trainer.Log.ToString());

        var metrics = trainer.ReadJson("evaluation.json").GetProperty("metrics");
        metrics.GetProperty("accuracy").GetDouble().ShouldBeGreaterThan(metrics.GetProperty("majority_baseline").GetDouble() + 0.15, trainer.Log.ToString());
        TestContext.Current.TestOutputHelper?.WriteLine(trainer.Log.ToString());
    }

    private static async Task<RecordBatch[]> FramesOfAsync(TemporaryFolder folder, DriveOptions drive)
    {
        var landing = new LocalObjectStore(folder["landing"]);
        string file = folder["landing", $"{drive.Seed}.mcap"];
        await SimulatedRecording.WriteAsync(file, drive, Stop);
        var id = IngestId.Parse(SyntheticFrames.RecordingId((int)drive.Seed));
        var upload = new UploadContext(id, drive.VehicleId, landing.UriOf($"{drive.Seed}.mcap"), "a1", "t", "v", default);
        var options = new SynchroniseOptions
        {
            Name = "frames",
            Reference = new ChannelReference("/lidar/top"),
            ToleranceNs = 60_000_000,
            SpillFolder = folder["spill"],
            Inputs =
            [
                new SynchroniseInput("/imu", SynchronisePolicy.Linear),
                new SynchroniseInput("/wheel_speeds", SynchronisePolicy.Linear),
                new SynchroniseInput("/steering", SynchronisePolicy.Linear),
                new SynchroniseInput("/labels/manoeuvre", SynchronisePolicy.Previous) { MaxAgeNs = 300_000_000 },
            ],
        };
        var decoder = new RecordingDecoder(new DecodeOptions(), landing, (_, _) => Task.CompletedTask, TimeProvider.System, NullLogger.Instance);
        await using var synchroniser = new Synchroniser(options, id.ToString(), drive.VehicleId);
        await foreach (var batch in decoder.DecodeAsync(upload, new DecodeAccount(), Stop))
        {
            if (synchroniser.Wants(batch.Channel)) await synchroniser.AddAsync(batch, Stop);
        }

        var frames = new List<RecordBatch>();
        await foreach (var rows in synchroniser.CompleteAsync(Stop)) frames.Add(rows.Batch);
        return [.. frames];
    }
}
