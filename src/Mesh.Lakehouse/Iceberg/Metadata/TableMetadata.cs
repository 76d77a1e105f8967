using System.Text.Json;
using Mesh.Columnar;

namespace Mesh.Lakehouse.Iceberg.Metadata;

/// <summary>An entry of <c>snapshot-log</c>: what was current from when on.</summary>
internal sealed record SnapshotLogEntry(long TimestampMs, long SnapshotId);

/// <summary>An entry of <c>metadata-log</c>: an earlier metadata file.</summary>
internal sealed record MetadataLogEntry(long TimestampMs, string MetadataUri);

/// <summary>A table's metadata (Iceberg specification, "Table Metadata", format versions 2 and 3). Immutable.</summary>
internal sealed record TableMetadata
{
    /// <summary>2 or 3; what was read as version 1 is written as version 2.</summary>
    public int FormatVersion { get; init; } = 2;

    public required Guid TableUuid { get; init; }

    public required string Location { get; init; }

    public long LastSequenceNumber { get; init; }

    public required long LastUpdatedMs { get; init; }

    public required int LastColumnId { get; init; }

    public required IReadOnlyList<TableSchema> Schemas { get; init; }

    public required int CurrentSchemaId { get; init; }

    public required IReadOnlyList<PartitionSpec> PartitionSpecs { get; init; }

    public required int DefaultSpecId { get; init; }

    public required int LastPartitionId { get; init; }

    public IReadOnlyDictionary<string, string> Properties { get; init; } = new Dictionary<string, string>();

    /// <summary>Branches and tags by name, <c>main</c> included unless the table is empty.</summary>
    public IReadOnlyDictionary<string, SnapshotRef> Refs { get; init; } = new Dictionary<string, SnapshotRef>();

    /// <summary>Where <c>main</c> points to; setting it moves <c>main</c> and keeps its retention.</summary>
    public long? CurrentSnapshotId
    {
        get => Refs.TryGetValue(SnapshotRef.Main, out var main) ? main.SnapshotId : null;
        init => Refs = value is { } id
            ? WithRef(Refs, SnapshotRef.Main, Refs.TryGetValue(SnapshotRef.Main, out var main) ? main with { SnapshotId = id } : new SnapshotRef(id, SnapshotRefType.Branch))
            : WithoutRef(Refs, SnapshotRef.Main);
    }

    public IReadOnlyList<Snapshot> Snapshots { get; init; } = [];

    public IReadOnlyList<SnapshotLogEntry> SnapshotLog { get; init; } = [];

    public IReadOnlyList<MetadataLogEntry> MetadataLog { get; init; } = [];

    public required IReadOnlyList<SortOrder> SortOrders { get; init; }

    public required int DefaultSortOrderId { get; init; }

    public IReadOnlyList<StatisticsFile> Statistics { get; init; } = [];

    public IReadOnlyList<PartitionStatisticsFile> PartitionStatistics { get; init; } = [];

    /// <summary>Next unused row id (format version 3).</summary>
    public long NextRowId { get; init; }

    /// <summary>Keys of an encrypted table (format version 3); carried.</summary>
    public IReadOnlyList<EncryptedKey> EncryptionKeys { get; init; } = [];

    /// <summary>Top-level fields that are not interpreted here.</summary>
    public IReadOnlyDictionary<string, JsonElement> Extra { get; init; } = new Dictionary<string, JsonElement>();

    public Schema CurrentSchema => Schemas.First(schema => schema.SchemaId == CurrentSchemaId).Schema;

    public PartitionSpec DefaultSpec => PartitionSpecs.First(spec => spec.SpecId == DefaultSpecId);

    public SortOrder? DefaultSortOrder => SortOrders.FirstOrDefault(order => order.OrderId == DefaultSortOrderId);

    public Snapshot? CurrentSnapshot => CurrentSnapshotId is { } id ? FindSnapshot(id) : null;

    public Snapshot? FindSnapshot(long id)
    {
        // Newest first: that is what is asked for.
        for (int i = Snapshots.Count - 1; i >= 0; i--)
        {
            if (Snapshots[i].SnapshotId == id) return Snapshots[i];
        }

        return null;
    }

    /// <summary>These references with one added or replaced.</summary>
    public static IReadOnlyDictionary<string, SnapshotRef> WithRef(IReadOnlyDictionary<string, SnapshotRef> refs, string name, SnapshotRef reference) =>
        new Dictionary<string, SnapshotRef>(refs, StringComparer.Ordinal) { [name] = reference };

    /// <summary>These references without one.</summary>
    public static IReadOnlyDictionary<string, SnapshotRef> WithoutRef(IReadOnlyDictionary<string, SnapshotRef> refs, string name)
    {
        var rest = new Dictionary<string, SnapshotRef>(refs, StringComparer.Ordinal);
        rest.Remove(name);
        return rest;
    }
}
