using Mesh.Decode;
using Mesh.Kafka;
using Mesh.Lakehouse.Iceberg;
using Mesh.Partition;
using Mesh.Streaming.Ingest;
using Mesh.Streaming.Topologies;
using Mesh.Synchronise;
using Mesh.Synchronise.Streams;

namespace Mesh.Commands.Ingest.Telemetry;

/// <summary>What one topology asks of the telemetry worker.</summary>
public sealed record TelemetryOptions
{
    /// <summary>Name of the topology.</summary>
    public required string Topology { get; init; }

    /// <summary>Its version; part of the position's key with the group.</summary>
    public required string TopologyVersion { get; init; }

    /// <summary>Consumer group.</summary>
    public required string Group { get; init; }

    /// <summary>Topic of the messages (default: <c>fleet.telemetry.v1</c>).</summary>
    public string Topic { get; init; } = Topics.Telemetry;

    /// <summary>How its tables are named (default: those of version 1 in <c>raw</c>).</summary>
    public TableNames Tables { get; init; } = TableNames.Default;

    /// <summary>The decode section.</summary>
    public DecodeOptions Decode { get; init; } = new();

    /// <summary>The partition section; <c>by</c> is <c>day(log_time)</c> when a topology does not say.</summary>
    public PartitionOptions Partition { get; init; } = new() { PartitionBy = [new PartitionField("log_time", PartitionTransform.Day)] };

    /// <summary>Most messages of a micro-batch (default: 100,000).</summary>
    public int MaxRows { get; init; } = 100_000;

    /// <summary>Bytes of messages after which a micro-batch is closed (default: 16 MiB).</summary>
    public long MaxBytes { get; init; } = 16L << 20;

    /// <summary>
    /// How long a message waits for others before they are committed (default: 5 s, with which messages are visible within 10 s). With 300 ms they
    /// are within a second, at the price of some three commits a second for every table.
    /// </summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How far a message may lie behind the latest of its vehicle before it counts as late (default: 2 s). A late message is in its table; it is in no
    /// frame, and frames wait for it this long.
    /// </summary>
    public TimeSpan Lateness { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Groups whose frames are made (default: none).</summary>
    public IReadOnlyList<SynchroniseOptions> Frames { get; init; } = [];

    /// <summary>Time without messages of a group's channels after which a vehicle's last frames are made (default: 30 s).</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of messages held for frames to come, over all vehicles (default: an eighth of <c>limits.memory</c>, 64 MiB); above it the largest windows end early.</summary>
    public long MaxFrameBytes { get; init; } = 64L << 20;

    /// <summary>Producers per partition whose last sequences are remembered (default: 4096); beyond it the one heard of longest ago is forgotten.</summary>
    public int MaxProducers { get; init; } = 4096;

    /// <summary>Tables committed at a time (default: 4).</summary>
    public int Parallelism { get; init; } = 4;

    /// <summary>Key that turns a VIN into a pseudonym; null or empty: a message keyed by a VIN becomes a dead letter.</summary>
    public string? VinKey { get; init; }

    /// <summary>First pause before a micro-batch is tried again (default: 200 ms); doubles up to <see cref="MaxRetryDelay"/>.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest pause between attempts (default: 5 s).</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the topic's identity is checked while nothing comes (default: 5 s).</summary>
    public TimeSpan IdentityInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether a topology is one of telemetry: it has a section <c>telemetry</c>, or its source is <c>fleet.telemetry.v1</c>.</summary>
    public static bool IsTelemetry(Topology topology) => topology.Section("telemetry") is not null || topology.SourceTopic == Topics.Telemetry;

    /// <summary>Reads the section <c>telemetry</c> and what else the worker needs; what is wrong is reported to the topology's errors.</summary>
    /// <param name="topology">The file.</param>
    /// <param name="groups">Its synchronised groups.</param>
    public static TelemetryOptions Read(Topology topology, IReadOnlyList<SynchroniseOptions> groups)
    {
        var limits = LimitsSection.Read(topology);
        var options = new TelemetryOptions
        {
            Topology = topology.Name,
            TopologyVersion = topology.Version,
            Group = topology.Group,
            Topic = topology.SourceTopic,
            Tables = topology.Tables,
            Decode = DecodeOptions.Read(topology.Section("decode")),
            Partition = ReadPartition(topology, limits),
            Frames = groups,
            MaxFrameBytes = limits.MemoryBytes / 8,
        };
        options = options with { MaxBytes = Math.Min(options.MaxBytes, limits.MemoryBytes / 16) };
        if (topology.SourceTopic == Topics.Uploads) topology.Section("telemetry")!.Report($"A topology with 'telemetry' reads messages, not uploads; write source: {{ topic: {Topics.Telemetry} }}.");
        foreach (var item in topology.Section("synchronise")?.Items ?? [])
        {
            if (groups.FirstOrDefault(group => group.Name == item.GetText("name", "")) is { } group) StreamLimits.Check(group, item);
        }

        if (topology.Section("telemetry") is not { } section) return options;

        section.AllowKeys("maxRows", "maxBytes", "maxDelay", "lateness", "idle", "maxFrameBytes");
        long rows = section.GetInteger("maxRows", options.MaxRows);
        long bytes = section.GetBytes("maxBytes", options.MaxBytes);
        long delayNs = section.GetDurationNs("maxDelay", options.MaxDelay.Ticks * 100);
        long latenessNs = section.GetDurationNs("lateness", options.Lateness.Ticks * 100);
        if (rows is < 1 or > 10_000_000) section.Get("maxRows")!.Report("telemetry.maxRows must be from 1 to 10000000.");
        if (bytes < 1 << 10) section.Get("maxBytes")!.Report("telemetry.maxBytes must be at least 1KiB.");
        else if (bytes > limits.MemoryBytes / 16) section.Get("maxBytes")?.Report($"telemetry.maxBytes may be a sixteenth of limits.memory, {limits.MemoryBytes / 16} bytes: messages are several times as large while they are decoded and written.");
        if (delayNs is < 10_000_000 or > 3_600_000_000_000) section.Get("maxDelay")!.Report("telemetry.maxDelay must be from 10ms to 1h.");
        if (latenessNs < 0) section.Get("lateness")!.Report("telemetry.lateness must not be negative.");
        long idleNs = section.GetDurationNs("idle", options.Idle.Ticks * 100);
        long frameBytes = section.GetBytes("maxFrameBytes", options.MaxFrameBytes);
        if (idleNs < 100_000_000) section.Get("idle")!.Report("telemetry.idle must be at least 100ms.");
        if (frameBytes < 1 << 20 || frameBytes > limits.MemoryBytes / 4) section.Get("maxFrameBytes")?.Report($"telemetry.maxFrameBytes must be from 1MiB to a quarter of limits.memory, {limits.MemoryBytes / 4} bytes.");
        return options with
        {
            Idle = TimeSpan.FromTicks(idleNs / 100),
            MaxFrameBytes = frameBytes,
            MaxRows = (int)Math.Clamp(rows, 1, 10_000_000),
            MaxBytes = bytes,
            MaxDelay = TimeSpan.FromTicks(delayNs / 100),
            Lateness = TimeSpan.FromTicks(latenessNs / 100),
        };
    }

    // Every micro-batch writes a file for every partition it touches: by default fewer than recordings have.
    private static PartitionOptions ReadPartition(Topology topology, LimitsSection limits)
    {
        var options = PartitionOptions.Read(topology.Section("partition"));
        if (topology.Section("partition")?.Get("by") is null) options = options with { PartitionBy = [new PartitionField("log_time", PartitionTransform.Day)] };
        long share = Math.Max(2 << 20, limits.MemoryBytes / 8);
        return options with { MaxBufferedBytes = share, RowGroupBytes = Math.Min(options.RowGroupBytes, share / 2) };
    }
}
