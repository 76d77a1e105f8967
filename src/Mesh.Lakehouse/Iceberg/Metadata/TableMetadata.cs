using System.Text.Json;
using Mesh.Columnar;

namespace Mesh.Lakehouse.Iceberg.Metadata;

/// <summary>A schema the table has or had.</summary>
internal sealed record TableSchema(int SchemaId, Schema Schema);

/// <summary>A sort order: ids of the columns, ascending, nulls last.</summary>
internal sealed record SortOrder(int OrderId, IReadOnlyList<int> SourceIds);

/// <summary>An entry of <c>snapshot-log</c>: what was current from when on.</summary>
internal sealed record SnapshotLogEntry(long TimestampMs, long SnapshotId);

/// <summary>An entry of <c>metadata-log</c>: an earlier metadata file.</summary>
internal sealed record MetadataLogEntry(long TimestampMs, string MetadataUri);

/// <summary>A table's metadata (Iceberg specification, "Table Metadata", format version 2). Immutable.</summary>
internal sealed record TableMetadata
{
    public required Guid TableUuid { get; init; }

    public int FormatVersion { get; init; } = 2;

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

    public long? CurrentSnapshotId { get; init; }

    public IReadOnlyList<Snapshot> Snapshots { get; init; } = [];

    public IReadOnlyList<SnapshotLogEntry> SnapshotLog { get; init; } = [];

    public IReadOnlyList<MetadataLogEntry> MetadataLog { get; init; } = [];

    public required IReadOnlyList<SortOrder> SortOrders { get; init; }

    public required int DefaultSortOrderId { get; init; }

    /// <summary>What other engines added and is carried along as it was: other branches and tags, statistics.</summary>
    public IReadOnlyDictionary<string, JsonElement> OtherRefs { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Top-level fields that are not interpreted here.</summary>
    public IReadOnlyDictionary<string, JsonElement> Extra { get; init; } = new Dictionary<string, JsonElement>();

    public Schema CurrentSchema => Schemas.First(schema => schema.SchemaId == CurrentSchemaId).Schema;

    public PartitionSpec DefaultSpec => PartitionSpecs.First(spec => spec.SpecId == DefaultSpecId);

    public Snapshot? FindSnapshot(long id)
    {
        // Newest first: that is what is asked for.
        for (int i = Snapshots.Count - 1; i >= 0; i--)
        {
            if (Snapshots[i].SnapshotId == id) return Snapshots[i];
        }

        return null;
    }

    public Snapshot? CurrentSnapshot => CurrentSnapshotId is { } id ? FindSnapshot(id) : null;
}
