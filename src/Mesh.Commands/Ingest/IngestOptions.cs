using Mesh.Decode;
using Mesh.Kafka;
using Mesh.Partition;
using Mesh.Streaming.Ingest;
using Mesh.Streaming.Topologies;
using Mesh.Synchronise;
using Mesh.Synchronise.Clocks;

namespace Mesh.Commands.Ingest;

/// <summary>What one topology asks of the ingest worker.</summary>
public sealed record IngestOptions
{
    /// <summary>Name of the topology.</summary>
    public required string Topology { get; init; }

    /// <summary>Its version, <c>1</c>, <c>2</c> and so on; part of the ledger's key.</summary>
    public required string TopologyVersion { get; init; }

    /// <summary>Digest of its text, for the record; decides nothing.</summary>
    public string Digest { get; init; } = "";

    /// <summary>How its tables are named (default: those of version 1 in <c>raw</c>).</summary>
    public TableNames Tables { get; init; } = TableNames.Default;

    /// <summary>Topic of the upload events (default: <c>fleet.uploads.v1</c>).</summary>
    public string SourceTopic { get; init; } = Topics.Uploads;

    /// <summary>Consumer group.</summary>
    public required string Group { get; init; }

    /// <summary>The decode section.</summary>
    public DecodeOptions Decode { get; init; } = new();

    /// <summary>The synchronise section (default: none); each item makes the table <c>synchronised_NAME</c>.</summary>
    public IReadOnlyList<SynchroniseOptions> Synchronise { get; init; } = [];

    /// <summary>Whose clocks are estimated in a first pass; null for nobody's, and no first pass.</summary>
    public ClockPlan? Clocks => ClockPlan.Of(Decode.Clock, Synchronise);

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

    /// <summary>
    /// Size from which a recording counts as large, in bytes (<c>limits.largeUpload</c>, default: 4 GiB). With a parallelism of two or more,
    /// large recordings leave one place to the others. Set it above the usual size of a recording, or that place stays empty.
    /// </summary>
    public long LargeUploadBytes { get; init; } = 4L << 30;

    /// <summary>Uploads whose files are written but not yet in every table, together with those being worked on (default: 64).</summary>
    public int MaxInFlight { get; init; } = 64;

    /// <summary>
    /// Upload events read ahead, those under way included (default: 1024): among them turns are given fairly. Whoever comes behind more of
    /// another vehicle's than that waits until they are read.
    /// </summary>
    public int MaxReadAhead { get; init; } = 1024;

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

    /// <summary>Bytes from which a block or a batch counts as large: of those only one is worked on at a time, over all uploads.</summary>
    internal long LargeBytes => Math.Max(16L << 20, MemoryBytes / 16);

    /// <summary>Reads a topology; what is wrong is reported to its errors.</summary>
    public static IngestOptions Read(Topology topology)
    {
        var limits = LimitsSection.Read(topology);
        var decode = DecodeOptions.Read(topology.Section("decode"));
        return new IngestOptions
        {
            Topology = topology.Name,
            TopologyVersion = topology.Version,
            Digest = topology.Digest,
            Tables = topology.Tables,
            Group = topology.Group,
            SourceTopic = topology.SourceTopic,
            Decode = decode with { MaxMessageBytes = limits.MaxMessageBytes },
            Synchronise = ReadSynchronise(topology, decode),
            Partition = PartitionOptions.Read(topology.Section("partition")),
            MemoryBytes = limits.MemoryBytes,
            Parallelism = limits.Parallelism,
            LargeUploadBytes = limits.LargeUploadBytes,
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

    // Gone before the second pass begins to fill the others.
    internal long ClockBytes => Math.Max(1 << 20, MemoryBytes / 32 / Parallelism);

    internal PartitionOptions PartitionWithinLimits
    {
        get
        {
            long share = Math.Max(2 << 20, MemoryBytes / 8 / Parallelism);
            return Partition with { MaxBufferedBytes = share, RowGroupBytes = Math.Min(Partition.RowGroupBytes, share / 2) };
        }
    }

    private static List<SynchroniseOptions> ReadSynchronise(Topology topology, DecodeOptions decode)
    {
        var groups = new List<SynchroniseOptions>();
        foreach (var item in topology.Section("synchronise")?.Items ?? [])
        {
            if (SynchroniseOptions.Read(item) is not { } group) continue;
            if (groups.Exists(other => other.Name == group.Name)) item.Report($"Two synchronise items are named '{group.Name}'; give one another name.");
            else if (groups.Exists(other => IsUnmatchedOf(group, other) || IsUnmatchedOf(other, group)))
            {
                item.Report($"The group '{group.Name}' would share a table with the unmatched samples of another group; give it another name.");
            }
            else groups.Add(group);
        }

        // A host has one clock, which one channel says the truth about.
        var truths = groups.Select(group => group.Clock.Truth).Prepend(decode.Clock.Truth).Where(truth => truth is not null).Distinct().ToList();
        if (truths.Count > 1) topology.Section("synchronise")!.Report($"The truth channel cannot be both {truths[0]} and {truths[1]}: name the same one everywhere.");

        return groups;
    }

    private static bool IsUnmatchedOf(SynchroniseOptions named, SynchroniseOptions kept) =>
        kept.KeepUnmatched && TableNames.Default.OfUnmatched(kept.Name) == TableNames.Default.OfSynchronised(named.Name);
}
