using Mesh.Columnar;
using Mesh.Commands.Ingest;
using Mesh.Commands.Inspect;
using Mesh.Commands.Queries;
using Mesh.Formats;
using Mesh.Simulation;
using Mesh.Streaming.Topologies;
using Mesh.Testing;

namespace Mesh.Commands.Tests.Ingest;

/// <summary>A drive whose sensors have bad clocks, from file to table.</summary>
public sealed class ClockIngestTests(ITestOutputHelper output)
{
    private const string TopologyText = """
        apiVersion: mesh/v1
        kind: Topology
        metadata: { name: clocks }
        decode: { clock: { estimate: true } }
        synchronise:
          - name: frames
            reference: { channel: /lidar/top }
            inputs:
              - { channel: /imu, policy: linear }
              - { channel: /steering, policy: linear }
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_simulated_of_the_clocks_is_found_within_the_bands_and_corrected_in_every_table()
    {
        using var folder = new TemporaryFolder();
        var truth = await SimulatedRecording.WriteAsync(
            folder["drive.mcap"], new DriveOptions { Duration = TimeSpan.FromSeconds(150), Seed = 11, ClockFaults = true, CameraWidth = 16, CameraHeight = 16, LidarPoints = 16 }, Token);
        var topology = Topology.Parse(TopologyText, "clocks.yaml");
        var options = IngestOptions.Read(topology);
        topology.Errors.All.ShouldBeEmpty();
        using var bench = new IngestBench(options: options with { SpillFolder = folder["spill"] });
        var upload = await bench.UploadAsync(await File.ReadAllBytesAsync(folder["drive.mcap"], Token));

        var outcome = await bench.Processor.ProcessUploadAsync(upload, IngestBench.At(0), Token);
        outcome.Result.ShouldBe(UploadResult.Written);
        await bench.CommitAsync(outcome.Events);

        var clocks = new List<ClockSegmentView>();
        foreach (var batch in await bench.ScanAsync("mesh.clock_models")) clocks.AddRange(RecordingClockViews.Of(batch));
        foreach (var channel in truth.Channels) CheckModel(truth, channel, [.. clocks.Where(clock => clock.Channel == channel.Topic)]);
        clocks.Where(clock => clock.Kind == "kalman").Select(clock => clock.Channel).Distinct().ShouldBe(["/steering"]);
        clocks.Single(clock => clock.Channel == "/lidar/top").Notes.ShouldContain(note => note.Contains("TAI"));

        // A file on its own tells the same.
        var (local, _) = await RecordingClockInspector.EstimateAsync(folder["drive.mcap"], null, new RecordingReaderOptions(), null, Token);
        local.Select(clock => (clock.Channel, clock.Segment, clock.OffsetNs)).ShouldBe(clocks.OrderBy(clock => clock.Channel, StringComparer.Ordinal).ThenBy(clock => clock.Segment).Select(clock => (clock.Channel, clock.Segment, clock.OffsetNs)));

        foreach (var batch in await bench.ScanAsync("raw.sensor_msgs_imu")) batch["clock_error_ns"].NullCount.ShouldBe(0);
        int frames = 0;
        foreach (var batch in await bench.ScanAsync("raw.synchronised_frames"))
        {
            var times = batch["time_ns"].Values<long>();
            var logged = batch["log_time"].Values<long>();
            var imu = batch["imu"];
            int missing = ((StructType)imu.Type).Fields.Select((field, i) => (field, i)).Single(pair => pair.field.Name == "missing_reason").i;
            for (int row = 0; row < batch.Length; row++, frames++)
            {
                // 37 s ahead before, now within the jitter of the log time.
                Math.Abs(times[row] / 1000 - logged[row]).ShouldBeLessThan(10_000);
                if (frames is > 5 and < 1490) imu.Children[missing].IsNull(row).ShouldBeTrue($"frame {frames}");
            }
        }

        frames.ShouldBe((int)truth.Channels.Single(channel => channel.Topic == "/lidar/top").Messages);
    }

    private void CheckModel(SimulationTruth truth, ChannelTruth channel, IReadOnlyList<ClockSegmentView> segments)
    {
        var clock = channel.Clock;
        segments[0].RefusalReason.ShouldBeNull(channel.Topic);
        segments.Count.ShouldBe(clock.JumpNs == 0 ? 1 : 2, channel.Topic);
        for (int s = 0; s < segments.Count; s++)
        {
            foreach (long device in new[] { segments[s].FromNs!.Value, segments[s].ToNs!.Value })
            {
                // When the sensor's clock showed that time, in true time.
                long time = device;
                for (int i = 0; i < 10; i++) time += device - Shown(time, s);
                double expected = time + clock.LatencyNs - (double)device;
                double estimated = segments[s].OffsetNs!.Value + segments[s].DriftPpm!.Value * 1e-6 * (device - segments[s].FromNs!.Value);
                output.WriteLine($"{channel.Topic} {s} {segments[s].Kind}: offset {estimated:0} expected {expected:0}, error {estimated - expected:0} of {segments[s].HalfWidthNs}, drift {segments[s].DriftPpm:0.000} of {-clock.DriftPpm:0.000}");
                Math.Abs(estimated - expected).ShouldBeLessThanOrEqualTo(segments[s].HalfWidthNs!.Value + 1000, channel.Topic);
            }

            if (clock.WanderPpm == 0) segments[s].DriftPpm!.Value.ShouldBe(-clock.DriftPpm, 2, channel.Topic);
        }

        segments[0].Jumps.Count.ShouldBe(clock.JumpNs == 0 ? 0 : 1, channel.Topic);
        if (clock.JumpNs == 0) return;
        var jump = segments[0].Jumps[0];
        Math.Abs(jump.DeltaNs + clock.JumpNs).ShouldBeLessThanOrEqualTo(jump.HalfWidthNs);

        // Of 100 messages a second.
        long at = channel.Messages * clock.JumpAfterNs / truth.DurationNs;
        at.ShouldBeInRange(jump.FirstIndex - 1, jump.LastIndex + 1);

        long Shown(long time, int segment) => (clock with { JumpNs = 0 }).StampNs(time, truth.StartTimeNs) + (segment == 1 ? clock.JumpNs : 0);
    }
}
