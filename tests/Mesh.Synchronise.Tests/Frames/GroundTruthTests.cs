using Mesh.Columnar;
using Mesh.Decode;
using Mesh.Model;
using Mesh.Simulation;
using Mesh.Storage;
using Mesh.Streaming.Ingest;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;
using static Mesh.Synchronise.Tests.Samples;

namespace Mesh.Synchronise.Tests.Frames;

/// <summary>Frames against what is known to be true: a simulated drive with its sensors' clocks, and signals with a formula.</summary>
public sealed class GroundTruthTests(ITestOutputHelper output)
{
    private const double MsPerNs = 1e-6;
    private const long StepNs = 1_000_000;
    private const double GyroNoise = 0.005;
    private const double SteeringNoise = 0.01;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Values_of_a_drive_are_those_of_the_vehicle_at_the_frames_time()
    {
        Require.AtLeast(TestLevel.Default);
        using var folder = new TemporaryFolder();
        var drive = await DriveAsync(folder, seed: 11, TimeSpan.FromSeconds(60));

        // The clocks' offsets are known and taken away as latencies; what is left is their drift.
        var options = new SynchroniseOptions
        {
            Name = "f", Reference = new RateReference(17_300_000),
            Inputs = [Corrected("/imu"), Corrected("/steering"), new SynchroniseInput("/imu", SynchronisePolicy.Nearest) { Name = "near", LatencyNs = -drive.Clock("/imu").OffsetNs }],
        };
        var frames = await FramesAsync(options, drive);
        frames.Sum(batch => batch.Length).ShouldBeInRange(1030, 1045);

        Compare("imu", "/imu", batch => Field(batch, "imu", "angular_velocity").Children[2], truth => truth.YawRate, GyroNoise, periodMs: 10);
        Compare("steering", "/steering", batch => Field(batch, "steering", "angle"), truth => truth.SteeringWheelAngle, SteeringNoise, periodMs: 20);
        Compare("near", "/imu", batch => Field(batch, "near", "angular_velocity").Children[2], truth => truth.YawRate, GyroNoise, periodMs: 10);

        SynchroniseInput Corrected(string channel) => new(channel, SynchronisePolicy.Linear) { LatencyNs = -drive.Clock(channel).OffsetNs };

        void Compare(string column, string channel, Func<RecordBatch, ColumnVector> field, Func<VehicleTruth, double> truth, double noise, double periodMs)
        {
            var clock = drive.Clock(channel);
            var errors = new List<double>();
            var late = new List<double>();
            var residuals = new List<double>();
            foreach (var batch in frames)
            {
                var times = Field(batch, column, "time_ns");
                for (int row = 0; row < batch.Length; row++)
                {
                    if (times.IsNull(row)) continue;
                    double value = field(batch).Values<double>()[row];

                    // The corrected clock shows start + (true - start) * (1 + drift).
                    long shown = times.Values<long>()[row] - drive.StartNs;
                    double trueNs = shown / (1 + clock.DriftPpm * 1e-6);
                    errors.Add(Field(batch, column, "match_error_ns").Values<long>()[row] * MsPerNs);
                    residuals.Add(value - drive.At(trueNs, truth));
                    late.Add(value - drive.At(trueNs - 50 * StepNs, truth));
                }
            }

            errors.Sort();
            double deviation = Deviation(residuals), whenLate = Deviation(late);
            output.WriteLine(
                $"{column}: match error mean {errors.Average():f3} ms, median {errors[errors.Count / 2]:f3}, p95 {errors[errors.Count * 95 / 100]:f3}, max {errors[^1]:f3}; "
                + $"value against truth: {deviation:g3} (sensor noise {noise}), 50 ms off: {whenLate:g3}");
            errors.Average().ShouldBe(periodMs / 4, periodMs * 0.05);
            errors[errors.Count * 99 / 100].ShouldBeLessThan(periodMs / 2 + 0.01, "all but what lies beyond the last sample");
            deviation.ShouldBeLessThan(noise * 1.05, "what is left is the sensor's noise, which interpolation lessens");
            whenLate.ShouldBeGreaterThan(deviation * 1.3, "the comparison can tell 50 ms");
        }
    }

    [Fact]
    public async Task Matched_times_are_off_by_the_clocks_alone_and_a_latency_takes_the_constant_part_away()
    {
        Require.AtLeast(TestLevel.Default);
        using var folder = new TemporaryFolder();
        var drive = await DriveAsync(folder, seed: 12, TimeSpan.FromSeconds(60));
        foreach (bool corrected in new[] { false, true })
        {
            var options = new SynchroniseOptions
            {
                Name = "f", Reference = new ChannelReference("/lidar/top") { LatencyNs = corrected ? -drive.Clock("/lidar/top").OffsetNs : 0 },
                Inputs = [.. new[] { "/imu", "/wheel_speeds", "/steering" }.Select(channel => new SynchroniseInput(channel, SynchronisePolicy.Linear) { LatencyNs = corrected ? -drive.Clock(channel).OffsetNs : 0 })],
            };
            foreach (var batch in await FramesAsync(options, drive))
            {
                foreach (var input in options.Inputs)
                {
                    var times = Field(batch, input.Name, "time_ns");
                    var off = Enumerable.Range(0, batch.Length).Where(row => !times.IsNull(row))
                        .Select(row => Math.Abs(True(input.Channel, times.Values<long>()[row]) - True("/lidar/top", batch["time_ns"].Values<long>()[row])) * MsPerNs).Order().ToList();
                    output.WriteLine($"{input.Name}, {(corrected ? "offsets known" : "as recorded")}: true misalignment median {off[off.Count / 2]:f3} ms, max {off[^1]:f3} ms");
                    double drift = Math.Abs(drive.Clock(input.Channel).DriftPpm - drive.Clock("/lidar/top").DriftPpm) * 60e-3;
                    double offset = corrected ? 0 : Math.Abs(drive.Clock(input.Channel).OffsetNs - drive.Clock("/lidar/top").OffsetNs) * MsPerNs;
                    off[^1].ShouldBeInRange(Math.Max(0, offset - drift - 0.01), offset + drift + 0.01);
                }
            }

            double True(string channel, long stamp)
            {
                var clock = drive.Clock(channel);
                return (stamp - drive.StartNs - (corrected ? 0 : clock.OffsetNs)) / (1 + clock.DriftPpm * 1e-6);
            }
        }
    }

    [Fact]
    public async Task Optimal_sets_of_a_drive_are_never_fewer_and_never_wider_than_those_of_ApproximateTime()
    {
        Require.AtLeast(TestLevel.Default);
        using var folder = new TemporaryFolder();
        var drive = await DriveAsync(folder, seed: 13, TimeSpan.FromSeconds(60));
        foreach (double lost in new[] { 0, 0.25 })
        {
            output.WriteLine($"{lost:p0} of all messages lost:");
            await CompareAsync(drive, lost);
        }
    }

    private async Task CompareAsync(Drive drive, double lost)
    {
        var random = new Random(1);
        var batches = drive.Batches.Select(batch => SetFramesTests.Batches(
            batch.Channel, Enumerable.Range(0, batch.Batch.Length).Where(_ => random.NextDouble() >= lost).Select(row => new SetFramesTests.Arriving(
                new Sample(batch.SensorTimeNs.Span[row], batch.Batch["sequence"].Values<long>()[row], 0), batch.Batch["log_time_ns"].Values<long>()[row])).ToList())).ToList();
        foreach (string[] channels in new string[][] { ["/camera/front", "/lidar/top", "/gnss/fix"], ["/camera/front", "/lidar/top", "/imu", "/steering"], ["/wheel_speeds", "/steering"] })
        {
            foreach (int queue in new[] { 2, 5, 100 })
            {
                var approximate = await SetsAsync(new SetReference(SetPolicy.ApproximateTime) { QueueSize = queue, MaxIntervalNs = 30 * StepNs });
                if (approximate.Count == 0) continue;
                var optimal = await SetsAsync(new SetReference(SetPolicy.Optimal) { ToleranceNs = approximate.Max });
                output.WriteLine(
                    $"{string.Join(", ", channels)}, queue {queue}: ApproximateTime {approximate.Count} sets, mean spread {approximate.MeanMs:f3} ms, widest {approximate.Max * MsPerNs:f3}; "
                    + $"optimal {optimal.Count}, {optimal.MeanMs:f3} ms");
                optimal.Count.ShouldBeGreaterThanOrEqualTo(approximate.Count);
                if (optimal.Count == approximate.Count) optimal.Sum.ShouldBeLessThanOrEqualTo(approximate.Sum);
            }

            async Task<(int Count, long Sum, long Max, double MeanMs)> SetsAsync(SetReference reference)
            {
                var inputs = channels.Select(channel => new SynchroniseInput(channel, SynchronisePolicy.Nearest) { IsMember = true, LatencyNs = -drive.Clock(channel).OffsetNs });
                var frames = await RunAsync(new SynchroniseOptions { Name = "f", Reference = reference, Inputs = [.. inputs] }, batches);
                var spreads = frames.SelectMany(batch => batch["spread_ns"].Values<long>().ToArray()).ToList();
                return spreads.Count == 0 ? default : (spreads.Count, spreads.Sum(), spreads.Max(), spreads.Average() * MsPerNs);
            }
        }
    }

    [Fact]
    public async Task Interpolation_is_as_exact_as_the_signals_curvature_allows()
    {
        const long T = 1_700_000_000_123_456_789, Period = 10_000_000;
        const double Hz = 1, Amplitude = 2;
        var random = new Random(5);
        var samples = Enumerable.Range(0, 2000).Select(i => T + i * Period + random.Next(-1_000_000, 1_000_000)).Select((time, i) => new Sample(time, i, Signal(time))).ToList();
        var at = Enumerable.Range(0, 3000).Select(i => new Sample(T + Period + random.NextInt64(1900 * Period), i, 0)).OrderBy(sample => sample.TimeNs).ToList();
        var frames = (await RunAsync(
            new SynchroniseOptions { Name = "f", Reference = new ChannelReference("/ref"), Inputs = [new SynchroniseInput("/in", SynchronisePolicy.Linear)] },
            Batch("/in", samples), Batch("/ref", at))).Single();
        double worst = 0;
        for (int row = 0; row < frames.Length; row++) worst = Math.Max(worst, Math.Abs(Field(frames, "in", "x").Values<double>()[row] - Signal(frames["time_ns"].Values<long>()[row])));

        // |f''| h² / 8 at the widest gap, which is 12 ms with this jitter.
        double bound = Amplitude * Math.Pow(2 * Math.PI * Hz, 2) * Math.Pow(0.012, 2) / 8;
        output.WriteLine($"sine of 1 Hz at 100 Hz: largest error {worst:g4} of {bound:g4} possible");
        worst.ShouldBeInRange(bound * 0.5, bound);

        static double Signal(long time) => Amplitude * Math.Sin(2 * Math.PI * Hz * ((time - T) * 1e-9));
    }

    private static double Deviation(List<double> values)
    {
        double mean = values.Average();
        return Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
    }

    private static async Task<Drive> DriveAsync(TemporaryFolder folder, long seed, TimeSpan duration)
    {
        var options = new DriveOptions { Seed = seed, Duration = duration, CameraWidth = 16, CameraHeight = 16, LidarPoints = 16 };
        var landing = new LocalObjectStore(folder["landing"]);
        await SimulatedRecording.WriteAsync(folder["landing", "drive.mcap"], options, Token);
        var truth = new List<VehicleTruth>();
        var simulator = new DriveSimulator(options) { Observer = truth.Add };
        foreach (var _ in simulator.Run())
        {
        }

        var upload = new UploadContext(IngestId.Parse(new string('a', 64)), "V1", landing.UriOf("drive.mcap"), "a1", "t", "v", default);
        var decoder = new RecordingDecoder(new DecodeOptions(), landing, (_, _) => Task.CompletedTask, TimeProvider.System, NullLogger.Instance);
        var batches = new List<ChannelBatch>();
        await foreach (var batch in decoder.DecodeAsync(upload, new DecodeAccount(), Token)) batches.Add(batch);
        return new Drive(options.StartTimeNs, simulator.Channels, truth, batches);
    }

    private static Task<List<RecordBatch>> FramesAsync(SynchroniseOptions options, Drive drive) => RunAsync(options, drive.Batches);

    private sealed record Drive(long StartNs, IReadOnlyList<DriveChannel> Channels, List<VehicleTruth> Truth, List<ChannelBatch> Batches)
    {
        public SensorClock Clock(string channel) => Channels.Single(candidate => candidate.Topic == channel).Clock;

        /// <summary>The truth some nanoseconds after the start, between the steps of a millisecond on a line.</summary>
        public double At(double nanoseconds, Func<VehicleTruth, double> value)
        {
            double step = Math.Clamp(nanoseconds / StepNs, 0, Truth.Count - 2);
            int index = (int)step;
            return value(Truth[index]) + (step - index) * (value(Truth[index + 1]) - value(Truth[index]));
        }
    }
}
