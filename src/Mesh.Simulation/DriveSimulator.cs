using System.Buffers;
using Mesh.Formats;
using Mesh.Simulation.Encoding;
using Mesh.Simulation.Sensors;
using Mesh.Simulation.Vehicle;

namespace Mesh.Simulation;

/// <summary>
/// Drives a vehicle and gives its sensors' messages in the order a recorder gets them. Holds only messages that are under way.
/// One instance is one drive.
/// </summary>
public sealed class DriveSimulator
{
    private const int StepMs = 1;
    private const long StepNs = StepMs * 1_000_000L;
    private const double StepSeconds = StepMs / 1000.0;

    private readonly DriveOptions options;
    private readonly DriveEncoder encoder;
    private readonly VehicleModel vehicle;
    private readonly MotionSensors motion;
    private readonly Camera camera;
    private readonly Lidar lidar;
    private readonly Source[] sources;
    private readonly List<ManoeuvreSegment> segments = [];
    private readonly PriorityQueue<Pending, (long LogTimeNs, int Channel, uint Sequence)> underWay = new();
    private readonly long startNs;

    /// <summary>Prepares a drive.</summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH11050</c>: an option is out of its range.</exception>
    public DriveSimulator(DriveOptions options)
    {
        options.Validate();
        this.options = options;
        startNs = options.StartTimeNs;
        encoder = options.Schema == DriveSchema.Protobuf ? new ProtobufDriveEncoder() : new RosDriveEncoder(isRos1: options.Format == RecordingFormat.Ros1Bag);
        vehicle = new VehicleModel(SeededRandom.For(options, "vehicle"));
        motion = new MotionSensors(options);
        camera = new Camera(options.CameraWidth, options.CameraHeight);
        lidar = new Lidar(options);
        sources =
        [
            Add(DriveChannelKind.Imu, "/imu", 100, latencyMs: 2, jitterMs: 0.2, offsetMs: 2, driftPpm: 20),
            Add(DriveChannelKind.Gnss, "/gnss/fix", 10, latencyMs: 75, jitterMs: 5, offsetMs: 0, driftPpm: 0),
            Add(DriveChannelKind.WheelSpeeds, "/wheel_speeds", 50, latencyMs: 6, jitterMs: 1, offsetMs: 4, driftPpm: 40),
            Add(DriveChannelKind.Camera, "/camera/front", 10, latencyMs: 40, jitterMs: 3, offsetMs: 12, driftPpm: 30),
            Add(DriveChannelKind.Lidar, "/lidar/top", 10, latencyMs: 30, jitterMs: 1, offsetMs: 8, driftPpm: 25),
            Add(DriveChannelKind.Steering, "/steering", 50, latencyMs: 5, jitterMs: 1, offsetMs: 4, driftPpm: 40),
            Add(DriveChannelKind.Labels, "/labels/manoeuvre", 10, latencyMs: 0, jitterMs: 0, offsetMs: 0, driftPpm: 0),
        ];
        Channels = [.. sources.Select(source => source.Channel)];
    }

    /// <summary>The channels.</summary>
    public IReadOnlyList<DriveChannel> Channels { get; }

    /// <summary>Profile a recording of this drive names.</summary>
    public string Profile => encoder.Profile;

    /// <summary>Manoeuvres so far; complete once <see cref="Run"/> has ended.</summary>
    public IReadOnlyList<ManoeuvreSegment> Segments => segments;

    /// <summary>Metres driven so far.</summary>
    public double DistanceMetres => vehicle.State.Distance;

    /// <summary>Radians turned so far, positive to the left, whole turns counted.</summary>
    public double HeadingChange => vehicle.State.Heading;

    /// <summary>The IMU's constant error of the yaw rate, rad/s.</summary>
    public double YawRateBias => motion.GyroBiasZ;

    /// <summary>Told what the vehicle really does, every millisecond (default: null).</summary>
    public Action<VehicleTruth>? Observer { get; set; }

    /// <summary>The messages in log-time order.</summary>
    public IEnumerable<SimulatedMessage> Run()
    {
        long steps = (long)Math.Ceiling(options.Duration.TotalMilliseconds);
        byte[]? lent = null;
        for (long step = 0; step < steps; step += StepMs)
        {
            long nowNs = startNs + step * StepNs;
            vehicle.Step(StepSeconds);
            NoteManoeuvre(nowNs);
            if (Observer is { } observer)
            {
                var state = vehicle.State;
                observer(new VehicleTruth(nowNs, state.Speed, state.YawRate, state.Steer * VehicleModel.SteeringRatio, state.Heading));
            }

            foreach (var source in sources)
            {
                if (step >= source.PhaseMs && (step - source.PhaseMs) % source.PeriodMs == 0) Sample(source, nowNs);
            }

            // A message cannot arrive before it was sampled, so whatever is due by now is next for sure.
            while (underWay.TryPeek(out _, out var due) && due.LogTimeNs <= nowNs) yield return Deliver(ref lent);
        }

        EndSegment(startNs + options.Duration.Ticks * 100);
        while (underWay.Count > 0) yield return Deliver(ref lent);
        if (lent is not null) ArrayPool<byte>.Shared.Return(lent);
    }

    private Source Add(DriveChannelKind kind, string topic, int rateHz, double latencyMs, double jitterMs, double offsetMs, double driftPpm)
    {
        var random = SeededRandom.For(options, topic);
        var clock = new SensorClock(
            (long)(latencyMs * 1e6 * random.Between(0.75, 1.25)),
            (long)(jitterMs * 1e6),
            (long)(offsetMs * 1e6 * random.Between(-1, 1)),
            Math.Round(driftPpm * random.Between(-1, 1), 3));
        if (options.ClockFaults) clock = WithFault(kind, clock);
        int periodMs = 1000 / rateHz;
        var channel = new DriveChannel(topic, rateHz, encoder.MessageEncoding, encoder.SchemaOf(kind), clock);
        return new Source(kind, (int)kind, channel, random, periodMs, (int)(random.Next() * periodMs));
    }

    private SensorClock WithFault(DriveChannelKind kind, SensorClock clock) => kind switch
    {
        DriveChannelKind.Imu => clock with { JumpNs = -40_000_000, JumpAfterNs = options.Duration.Ticks * 40 },
        DriveChannelKind.Steering => clock with { WanderPpm = 20 },
        DriveChannelKind.Lidar => clock with { OffsetNs = clock.OffsetNs + 37_000_000_000 },
        _ => clock,
    };

    private void Sample(Source source, long nowNs)
    {
        var state = vehicle.State;
        var clock = source.Channel.Clock;
        long stamp = clock.StampNs(nowNs, startNs);
        var payload = source.Kind switch
        {
            DriveChannelKind.Imu => encoder.Imu(stamp, motion.Imu(in state)),
            DriveChannelKind.Gnss => encoder.Gnss(stamp, motion.Gnss(in state, source.PeriodMs / 1000.0)),
            DriveChannelKind.WheelSpeeds => encoder.Wheels(stamp, motion.Wheels(in state)),
            DriveChannelKind.Camera => encoder.Image(stamp, camera.Capture(in state)),
            DriveChannelKind.Lidar => encoder.Points(stamp, lidar.Scan(in state)),
            DriveChannelKind.Steering => encoder.Steering(stamp, motion.Steering(in state)),
            _ => encoder.Label(stamp, options.LabelFaults ? (Manoeuvre)(((int)state.Manoeuvre + 1) % ManoeuvreLabels.All.Count) : state.Manoeuvre),
        };
        long jitter = clock.JitterNs == 0 ? 0 : (long)(clock.JitterNs * Math.Abs(source.Random.Normal()));
        long logTime = Math.Max(nowNs + clock.LatencyNs + jitter, source.LastLogTimeNs + 1);
        source.LastLogTimeNs = logTime;

        byte[] copy = ArrayPool<byte>.Shared.Rent(payload.Length);
        payload.Span.CopyTo(copy);
        uint sequence = source.NextSequence++;
        underWay.Enqueue(new Pending(copy, payload.Length, nowNs + clock.LatencyNs * 2 / 5), (logTime, source.Index, sequence));
    }

    private SimulatedMessage Deliver(ref byte[]? lent)
    {
        if (lent is not null) ArrayPool<byte>.Shared.Return(lent);
        underWay.TryDequeue(out var message, out var due);
        lent = message.Buffer;
        return new SimulatedMessage(due.Channel, due.Sequence, due.LogTimeNs, message.PublishTimeNs, message.Buffer.AsMemory(0, message.Length));
    }

    private void NoteManoeuvre(long nowNs)
    {
        string label = vehicle.State.Manoeuvre.Label();
        if (segments.Count > 0 && segments[^1].Label == label) return;
        EndSegment(nowNs);
        segments.Add(new ManoeuvreSegment(label, nowNs, nowNs));
    }

    private void EndSegment(long endNs)
    {
        if (segments.Count > 0) segments[^1] = segments[^1] with { EndNs = endNs };
    }

    private readonly record struct Pending(byte[] Buffer, int Length, long PublishTimeNs);

    private sealed class Source(DriveChannelKind kind, int index, DriveChannel channel, SeededRandom random, int periodMs, int phaseMs)
    {
        public DriveChannelKind Kind { get; } = kind;
        public int Index { get; } = index;
        public DriveChannel Channel { get; } = channel;
        public SeededRandom Random { get; } = random;
        public int PeriodMs { get; } = periodMs;
        public int PhaseMs { get; } = phaseMs;
        public uint NextSequence { get; set; }
        public long LastLogTimeNs { get; set; }
    }
}
