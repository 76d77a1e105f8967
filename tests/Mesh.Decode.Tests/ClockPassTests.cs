using System.Text;
using Mesh.Decode;
using Mesh.Formats.Mcap;
using Mesh.Storage;
using Mesh.Streaming.Ingest;
using Microsoft.Extensions.Logging.Abstractions;
using static Mesh.Decode.Tests.DecodeBench;

namespace Mesh.Decode.Tests;

public sealed class ClockPassTests : IDisposable
{
    private const string StampedSchema = """
        std_msgs/Header header
        float64 value
        ================================================================================
        MSG: std_msgs/Header
        builtin_interfaces/Time stamp
        string frame_id
        """;

    private const string TimeReferenceSchema = """
        std_msgs/Header header
        builtin_interfaces/Time time_ref
        string source
        ================================================================================
        MSG: std_msgs/Header
        builtin_interfaces/Time stamp
        string frame_id
        """;

    private readonly DecodeBench bench = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => bench.Dispose();

    [Fact]
    public async Task The_first_pass_hands_over_stamps_and_true_times_of_wanted_channels_alone()
    {
        var stamps = new Collected();
        await ScanAsync(await RecordingAsync(), stamps);

        stamps.Channels.Keys.ShouldBe(["/imu", "/point"], ignoreOrder: true);
        stamps.Channels["/imu"].ShouldBe([(5_000_000_007, (long)StartNs), (null, (long)StartNs + 10), (6_000_000_000, (long)StartNs + 20)]);
        stamps.Channels["/point"].ShouldBe([(null, (long)StartNs + 1)]);
        stamps.Truths.ShouldBe([(7_000_000_001, 9_000_000_002, true), ((long)StartNs + 40, 9_000_000_003, false)]);
    }

    [Fact]
    public async Task The_second_pass_applies_clocks_to_sensor_and_log_times()
    {
        await bench.Landing.PutAsync("r.mcap", await RecordingAsync(), PutMode.Overwrite, Token);
        var decoder = new RecordingDecoder(new DecodeOptions(), bench.Landing, (_, _) => Task.CompletedTask, TimeProvider.System, NullLogger.Instance);
        var batches = new List<ChannelBatch>();
        await foreach (var batch in decoder.DecodeAsync(Upload(bench.Landing.UriOf("r.mcap")), new DecodeAccount(), new ThousandLater(), Token)) batches.Add(batch);

        var imu = batches.Single(batch => batch.Channel == "/imu");
        imu.TimeBase.ShouldBe("header");
        imu.SensorTimeNs.ToArray().ShouldBe([5_000_000_007 + 1000, (long)StartNs + 10, 6_000_000_000 + 1000]);
        imu.Batch["clock_error_ns"].Values<long>()[0].ShouldBe(77);
        imu.Batch["clock_error_ns"].IsNull(1).ShouldBeTrue();
        imu.Batch["log_time"].Values<long>()[0].ShouldBe(((long)StartNs + 5000) / 1000);
        imu.Batch["log_time_ns"].Values<long>()[0].ShouldBe((long)StartNs);

        // A clock that was refused: what counts is when the message was received.
        var truth = batches.Single(batch => batch.Channel == "/gnss/time");
        truth.TimeBase.ShouldBe("log");
        truth.SensorTimeNs.Span[0].ShouldBe((long)StartNs + 30);

        // No clock at all: as recorded.
        var point = batches.Single(batch => batch.Channel == "/point");
        point.TimeBase.ShouldBe("publish");
        point.SensorTimeNs.Span[0].ShouldBe((long)StartNs);
        point.Batch["clock_error_ns"].NullCount.ShouldBe(1);
    }

    private async Task ScanAsync(byte[] recording, IClockStamps stamps)
    {
        await bench.Landing.PutAsync("r.mcap", recording, PutMode.Overwrite, Token);
        var options = new DecodeOptions { Channels = [new ChannelRule(null, "/imu"), new ChannelRule(null, "/point")] };
        var decoder = new RecordingDecoder(options, bench.Landing, (_, _) => Task.CompletedTask, TimeProvider.System, NullLogger.Instance);
        await decoder.ScanStampsAsync(Upload(bench.Landing.UriOf("r.mcap")), stamps, Token);
    }

    private Task<byte[]> RecordingAsync() => bench.WriteAsync(async (writer, token) =>
    {
        ushort imu = AddPointChannel(writer, "/imu", StampedSchema, "demo_msgs/msg/Stamped");
        ushort point = AddPointChannel(writer, "/point");
        ushort truth = AddPointChannel(writer, "/gnss/time", TimeReferenceSchema, "sensor_msgs/msg/TimeReference");
        await writer.WriteMessageAsync(imu, 0, StartNs, StartNs, Stamped(5, 7, BitConverter.GetBytes(1.0)), token);
        await writer.WriteMessageAsync(point, 0, StartNs + 1, StartNs, Point(1, 2), token);
        await writer.WriteMessageAsync(imu, 1, StartNs + 10, StartNs + 10, Stamped(0, 0, BitConverter.GetBytes(2.0)), token);
        await writer.WriteMessageAsync(imu, 2, StartNs + 20, StartNs + 20, Stamped(6, 0, BitConverter.GetBytes(3.0)), token);
        await writer.WriteMessageAsync(truth, 0, StartNs + 30, StartNs + 30, Stamped(7, 1, [.. BitConverter.GetBytes(9), .. BitConverter.GetBytes(2), .. Text("gps")], align: 4), token);
        await writer.WriteMessageAsync(truth, 1, StartNs + 40, StartNs + 40, Stamped(0, 0, [.. BitConverter.GetBytes(9), .. BitConverter.GetBytes(3), .. Text("gps")], align: 4), token);
    });

    // CDR: the header, an empty frame id, then the rest on its boundary.
    private static byte[] Stamped(int seconds, int nanoseconds, byte[] rest, int align = 8)
    {
        var body = new List<byte>([.. BitConverter.GetBytes(seconds), .. BitConverter.GetBytes(nanoseconds), 1, 0, 0, 0, 0]);
        while (body.Count % align != 0) body.Add(0);
        return [0, 1, 0, 0, .. body, .. rest];
    }

    private static byte[] Text(string text) => [.. BitConverter.GetBytes(text.Length + 1), .. Encoding.ASCII.GetBytes(text), 0];

    private sealed class Collected : IClockStamps
    {
        public Dictionary<string, List<(long? Stamp, long Log)>> Channels { get; } = [];

        public List<(long Host, long True, bool IsExact)> Truths { get; } = [];

        public IChannelStamps Of(string channel)
        {
            Channels.Add(channel, []);
            return new Channel(Channels[channel]);
        }

        public bool IsTruth(string channel) => channel == "/gnss/time";

        public void AddTruth(long hostNs, long trueNs, bool isExact) => Truths.Add((hostNs, trueNs, isExact));

        private sealed class Channel(List<(long? Stamp, long Log)> stamps) : IChannelStamps
        {
            public void Add(long? stampNs, long logTimeNs) => stamps.Add((stampNs, logTimeNs));
        }
    }

    private sealed class ThousandLater : IClockCorrection
    {
        public IChannelClock? Of(string channel) => channel == "/point" ? null : new Clock(channel == "/imu");

        private sealed class Clock(bool usesStamps) : IChannelClock
        {
            public bool UsesStamps => usesStamps;

            public void Correct(ReadOnlySpan<bool> isStamped, Span<long> logTimesNs, Span<long> sensorTimesNs, Span<long> errorsNs)
            {
                for (int i = 0; i < isStamped.Length; i++)
                {
                    errorsNs[i] = isStamped[i] ? 77 : -1;
                    if (isStamped[i]) sensorTimesNs[i] += 1000;
                    logTimesNs[i] += 5000;
                }
            }
        }
    }
}
