using Mesh.Decode;
using Mesh.Kafka;
using Mesh.Partition;
using Mesh.Streaming.Topologies;
using Mesh.Synchronise;

namespace Mesh.Commands.Ingest;

/// <summary>What one topology asks of the ingest worker.</summary>
public sealed record IngestOptions
{
    /// <summary>Name of the topology.</summary>
    public required string Topology { get; init; }

    /// <summary>Its version; part of the ledger's key.</summary>
    public required string TopologyVersion { get; init; }

    /// <summary>Topic of the upload events (default: <c>fleet.uploads.v1</c>).</summary>
    public string SourceTopic { get; init; } = Topics.Uploads;

    /// <summary>Consumer group.</summary>
    public required string Group { get; init; }

    /// <summary>The decode section.</summary>
    public DecodeOptions Decode { get; init; } = new();

    /// <summary>The synchronise section (default: none); each item makes the table <c>raw.synchronised_NAME</c>.</summary>
    public IReadOnlyList<SynchroniseOptions> Synchronise { get; init; } = [];

    /// <summary>The partition section.</summary>
    public PartitionOptions Partition { get; init; } = new();

    /// <summary>
    /// Memory of the whole process the topology is written for, in bytes (<c>limits.memory</c>, default: 512 MiB). A quarter of it is data
    /// under way; the rest is for buffers that are not counted, the runtime and its garbage.
    /// </summary>
    public long MemoryBytes { get; init; } = 512L << 20;

    /// <summary>Folder for what synchronise spills (default: the system's temporary folder).</summary>
    public string SpillFolder { get; init; } = Path.GetTempPath();

    /// <summary>Uploads worked on at a time (<c>limits.parallelism</c>, default: 2).</summary>
    public int Parallelism { get; init; } = 2;

    /// <summary>Uploads whose files are written but not yet in every table, together with those being worked on (default: 64).</summary>
    public int MaxInFlight { get; init; } = 64;

    /// <summary>First pause before an upload is tried again (default: 500 ms); doubles up to <see cref="MaxRetryDelay"/>.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Longest pause between attempts (default: 30 s).</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Attempts at an upload that fails in a way nobody foresaw, before it becomes a dead letter (default: 3).</summary>
    public int MaxUnexpectedFailures { get; init; } = 3;

    /// <summary>Files of a set above which the event refers to the set instead of holding it (default: 500).</summary>
    public int MaxInlineFiles { get; init; } = 500;

    /// <summary>Bytes of an event above which it refers to its set (default: 512 KiB), well below the log's message limit.</summary>
    public int MaxInlineBytes { get; init; } = 512 << 10;

    /// <summary>Bytes of batches on their way between stages, over all uploads.</summary>
    public long TransitBytes => Math.Max(1 << 20, MemoryBytes / 16);

    /// <summary>Reads a topology; what is wrong is reported to its errors.</summary>
    public static IngestOptions Read(Topology topology)
    {
        var limits = LimitsSection.Read(topology);
        return new IngestOptions
        {
            Topology = topology.Name,
            TopologyVersion = topology.Version,
            Group = topology.Group,
            SourceTopic = topology.SourceTopic,
            Decode = DecodeOptions.Read(topology.Section("decode")),
            Synchronise = ReadSynchronise(topology),
            Partition = PartitionOptions.Read(topology.Section("partition")),
            MemoryBytes = limits.MemoryBytes,
            Parallelism = limits.Parallelism,
        };
    }

    // Builders hold up to twice what they count while they grow, rows waiting for their row group once more while they are sorted: the
    // shares are small so that the sum stays within the cap. Fixed shares instead of one pool, because a stage that holds part of a
    // pool while it waits for input is how such graphs deadlock.
    internal DecodeOptions DecodeWithinLimits => Decode with
    {
        MaxBufferedBytes = Math.Max(1 << 20, MemoryBytes / 16 / Parallelism),
        BatchBytes = Math.Min(Decode.BatchBytes, Math.Max(256 << 10, TransitBytes / 8)),
    };

    internal IReadOnlyList<SynchroniseOptions> SynchroniseWithinLimits =>
    [
        .. Synchronise.Select(group => group with
        {
            MaxMemoryBytes = Math.Min(group.MaxMemoryBytes, Math.Max(1 << 20, MemoryBytes / 16 / Parallelism / Synchronise.Count)),
            SpillFolder = SpillFolder,
        }),
    ];

    internal PartitionOptions PartitionWithinLimits
    {
        get
        {
            long share = Math.Max(2 << 20, MemoryBytes / 8 / Parallelism);
            return Partition with { MaxBufferedBytes = share, RowGroupBytes = Math.Min(Partition.RowGroupBytes, share / 2) };
        }
    }

    private static List<SynchroniseOptions> ReadSynchronise(Topology topology)
    {
        var groups = new List<SynchroniseOptions>();
        foreach (var item in topology.Section("synchronise")?.Items ?? [])
        {
            if (SynchroniseOptions.Read(item) is not { } group) continue;
            if (groups.Exists(other => other.Name == group.Name)) item.Report($"Two synchronise items are named '{group.Name}'; give one another name.");
            else groups.Add(group);
        }

        return groups;
    }
}
