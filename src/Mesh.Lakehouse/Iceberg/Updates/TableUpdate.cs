using Mesh.Lakehouse.Iceberg.Metadata;

namespace Mesh.Lakehouse.Iceberg.Updates;

/// <summary>A change of a table's metadata (Iceberg REST specification, <c>TableUpdate</c>).</summary>
internal abstract record TableUpdate
{
    /// <summary>In place of an id: the schema, spec or sort order that the same commit added last.</summary>
    public const int LastAdded = -1;
}

/// <summary>Gives a table that is being created its identity; on one that exists, asserts it.</summary>
internal sealed record AssignUuid(Guid Uuid) : TableUpdate;

/// <summary>Raises the format version.</summary>
internal sealed record UpgradeFormatVersion(int FormatVersion) : TableUpdate;

/// <summary>Adds a schema; the catalogue decides its id.</summary>
internal sealed record AddSchema(TableSchema Schema) : TableUpdate;

/// <summary>Makes a schema the current one.</summary>
internal sealed record SetCurrentSchema(int SchemaId) : TableUpdate;

/// <summary>Forgets schemas that nothing uses.</summary>
internal sealed record RemoveSchemas(IReadOnlyList<int> SchemaIds) : TableUpdate;

/// <summary>A partition field as a request has it: without an id, the catalogue gives one.</summary>
internal sealed record UnboundPartitionField(int SourceId, int? FieldId, string Name, PartitionTransform Transform, int Parameter);

/// <summary>Adds a partition spec; the catalogue decides its id.</summary>
internal sealed record AddPartitionSpec(IReadOnlyList<UnboundPartitionField> Fields) : TableUpdate;

/// <summary>Makes a spec that of new files.</summary>
internal sealed record SetDefaultSpec(int SpecId) : TableUpdate;

/// <summary>Forgets specs that no file has.</summary>
internal sealed record RemovePartitionSpecs(IReadOnlyList<int> SpecIds) : TableUpdate;

/// <summary>Adds a sort order; the catalogue decides its id.</summary>
internal sealed record AddSortOrder(SortOrder Order) : TableUpdate;

/// <summary>Makes a sort order that of new files.</summary>
internal sealed record SetDefaultSortOrder(int OrderId) : TableUpdate;

/// <summary>Adds a snapshot; nothing points to it yet.</summary>
internal sealed record AddSnapshot(Snapshot Snapshot) : TableUpdate;

/// <summary>Points a branch or tag to a snapshot.</summary>
internal sealed record SetSnapshotRef(string Name, SnapshotRef Reference) : TableUpdate;

/// <summary>Forgets snapshots.</summary>
internal sealed record RemoveSnapshots(IReadOnlyList<long> SnapshotIds) : TableUpdate;

/// <summary>Forgets a branch or tag.</summary>
internal sealed record RemoveSnapshotRef(string Name) : TableUpdate;

/// <summary>Moves where new files go.</summary>
internal sealed record SetLocation(string Location) : TableUpdate;

/// <summary>Sets properties.</summary>
internal sealed record SetProperties(IReadOnlyDictionary<string, string> Updates) : TableUpdate;

/// <summary>Removes properties.</summary>
internal sealed record RemoveProperties(IReadOnlyList<string> Removals) : TableUpdate;

/// <summary>Sets a snapshot's statistics file.</summary>
internal sealed record SetStatistics(StatisticsFile Statistics) : TableUpdate;

/// <summary>Forgets a snapshot's statistics file.</summary>
internal sealed record RemoveStatistics(long SnapshotId) : TableUpdate;

/// <summary>Sets a snapshot's partition statistics file.</summary>
internal sealed record SetPartitionStatistics(PartitionStatisticsFile Statistics) : TableUpdate;

/// <summary>Forgets a snapshot's partition statistics file.</summary>
internal sealed record RemovePartitionStatistics(long SnapshotId) : TableUpdate;

/// <summary>Adds a key of an encrypted table.</summary>
internal sealed record AddEncryptionKey(EncryptedKey Key) : TableUpdate;

/// <summary>Forgets a key.</summary>
internal sealed record RemoveEncryptionKey(string KeyId) : TableUpdate;
