using Mesh.Columnar;

namespace Mesh.Lakehouse.Iceberg;

/// <summary>A table's current metadata, as of when it was loaded.</summary>
public sealed record Table
{
    /// <summary>Name.</summary>
    public required TableIdentifier Identifier { get; init; }

    /// <summary>Identity that survives renames.</summary>
    public required Guid Uuid { get; init; }

    /// <summary>Absolute URI of the table's folder.</summary>
    public required string LocationUri { get; init; }

    /// <summary>Absolute URI of the metadata file this was read from.</summary>
    public required string MetadataUri { get; init; }

    /// <summary>Version of the Iceberg format.</summary>
    public required int FormatVersion { get; init; }

    /// <summary>Current schema with field ids.</summary>
    public required Schema Schema { get; init; }

    /// <summary>Id of the current schema.</summary>
    public required int SchemaId { get; init; }

    /// <summary>Current partition spec.</summary>
    public required IReadOnlyList<PartitionField> PartitionBy { get; init; }

    /// <summary>Id of the current partition spec.</summary>
    public required int PartitionSpecId { get; init; }

    /// <summary>Columns files are sorted by.</summary>
    public required IReadOnlyList<string> SortBy { get; init; }

    /// <summary>Table properties.</summary>
    public required IReadOnlyDictionary<string, string> Properties { get; init; }

    /// <summary>Snapshots, oldest first.</summary>
    public required IReadOnlyList<Snapshot> Snapshots { get; init; }

    /// <summary>Branches and tags by name; <c>main</c> is there unless the table is empty.</summary>
    public IReadOnlyDictionary<string, SnapshotRef> References { get; init; } = new Dictionary<string, SnapshotRef>();

    /// <summary>The current snapshot; null for an empty table.</summary>
    public Snapshot? CurrentSnapshot { get; init; }
}
