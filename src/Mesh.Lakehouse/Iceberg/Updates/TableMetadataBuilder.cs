using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg.Updates;

/// <summary>
/// Applies updates to a table's metadata and refuses those after which a reader, or Mesh, would find the table broken: ids that change their
/// meaning, references to what is not there, sequence numbers that go back, a position that is lost.
/// </summary>
internal sealed partial class TableMetadataBuilder
{
    /// <summary>Prefix of the properties that only Mesh writes: its position in the log, what made a table.</summary>
    public const string ReservedPrefix = "mesh.";

    /// <summary>Property of a request that names the format version; it is no property of the table.</summary>
    private const string FormatVersionProperty = "format-version";

    private readonly TableIdentifier table;
    private readonly bool creating;
    private readonly List<Snapshot> added = [];
    private TableMetadata metadata;
    private int? lastAddedSchema;
    private int? lastAddedSpec;
    private int? lastAddedOrder;

    /// <param name="table">Name, for messages.</param>
    /// <param name="start">Metadata of the next version: the current one's with the log moved on, or that of <see cref="Empty"/>.</param>
    /// <param name="creating">Whether the table does not exist yet.</param>
    public TableMetadataBuilder(TableIdentifier table, TableMetadata start, bool creating)
    {
        this.table = table;
        this.creating = creating;
        metadata = start;
    }

    /// <summary>Snapshots added so far.</summary>
    public IReadOnlyList<Snapshot> AddedSnapshots => added;

    /// <summary>Metadata of a table that does not exist yet: it has no schema and cannot be written.</summary>
    public static TableMetadata Empty(string location, long nowMs) => new()
    {
        TableUuid = Guid.NewGuid(),
        Location = location,
        LastUpdatedMs = nowMs,
        LastColumnId = 0,
        Schemas = [],
        CurrentSchemaId = -1,
        PartitionSpecs = [],
        DefaultSpecId = -1,
        LastPartitionId = PartitionSpec.FirstFieldId - 1,
        SortOrders = [],
        DefaultSortOrderId = -1,
    };

    /// <summary>Applies one update.</summary>
    /// <exception cref="MeshException"><c>MESH8131</c> when it would break the table; <c>MESH8130</c> (a conflict) when only its sequence number is taken.</exception>
    public void Apply(TableUpdate update)
    {
        switch (update)
        {
            case AssignUuid assign:
                if (!creating && assign.Uuid != metadata.TableUuid) throw Refused("its UUID cannot be changed");
                metadata = metadata with { TableUuid = assign.Uuid };
                break;
            case UpgradeFormatVersion upgrade:
                Upgrade(upgrade.FormatVersion);
                break;
            case AddSchema add:
                Add(add.Schema);
                break;
            case SetCurrentSchema set:
                metadata = metadata with { CurrentSchemaId = Resolve(set.SchemaId, lastAddedSchema, "schema") };
                break;
            case RemoveSchemas remove:
                RemoveSchemas(remove.SchemaIds);
                break;
            case AddPartitionSpec add:
                Add(add.Fields);
                break;
            case SetDefaultSpec set:
                metadata = metadata with { DefaultSpecId = Resolve(set.SpecId, lastAddedSpec, "partition spec") };
                break;
            case RemovePartitionSpecs remove:
                // Only the manifests of every snapshot could tell that no file has it, and a spec costs nothing.
                if (metadata.Snapshots.Count > 0) throw Refused("partition specs can only be removed while it has no snapshots");
                if (remove.SpecIds.Contains(metadata.DefaultSpecId)) throw Refused("its default partition spec cannot be removed");
                metadata = metadata with { PartitionSpecs = [.. metadata.PartitionSpecs.Where(spec => !remove.SpecIds.Contains(spec.SpecId))] };
                break;
            case AddSortOrder add:
                Add(add.Order);
                break;
            case SetDefaultSortOrder set:
                metadata = metadata with { DefaultSortOrderId = Resolve(set.OrderId, lastAddedOrder, "sort order") };
                break;
            case AddSnapshot add:
                Add(add.Snapshot);
                break;
            case SetSnapshotRef set:
                Set(set.Name, set.Reference);
                break;
            case RemoveSnapshots remove:
                RemoveSnapshots(remove.SnapshotIds);
                break;
            case RemoveSnapshotRef remove:
                metadata = metadata with { Refs = TableMetadata.WithoutRef(metadata.Refs, remove.Name) };
                break;
            case SetLocation set:
                metadata = metadata with { Location = set.Location.TrimEnd('/') };
                break;
            case SetProperties set:
                SetProperties(set.Updates);
                break;
            case RemoveProperties remove:
                RemoveProperties(remove.Removals);
                break;
            case SetStatistics set:
                RequireSnapshot(set.Statistics.SnapshotId);
                metadata = metadata with { Statistics = [.. metadata.Statistics.Where(file => file.SnapshotId != set.Statistics.SnapshotId), set.Statistics] };
                break;
            case RemoveStatistics remove:
                metadata = metadata with { Statistics = [.. metadata.Statistics.Where(file => file.SnapshotId != remove.SnapshotId)] };
                break;
            case SetPartitionStatistics set:
                RequireSnapshot(set.Statistics.SnapshotId);
                metadata = metadata with { PartitionStatistics = [.. metadata.PartitionStatistics.Where(file => file.SnapshotId != set.Statistics.SnapshotId), set.Statistics] };
                break;
            case RemovePartitionStatistics remove:
                metadata = metadata with { PartitionStatistics = [.. metadata.PartitionStatistics.Where(file => file.SnapshotId != remove.SnapshotId)] };
                break;
            case AddEncryptionKey add:
                metadata = metadata with { EncryptionKeys = [.. metadata.EncryptionKeys.Where(key => key.KeyId != add.Key.KeyId), add.Key] };
                break;
            case RemoveEncryptionKey remove:
                metadata = metadata with { EncryptionKeys = [.. metadata.EncryptionKeys.Where(key => key.KeyId != remove.KeyId)] };
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(update), update, "This update cannot be applied.");
        }
    }

    /// <summary>The metadata, held against itself.</summary>
    /// <exception cref="MeshException"><c>MESH8131</c> when its parts do not fit each other.</exception>
    public TableMetadata Build()
    {
        if (metadata.Schemas.Count == 0) throw Refused("it has no schema");
        if (metadata.CurrentSchemaId < 0) metadata = metadata with { CurrentSchemaId = metadata.Schemas[^1].SchemaId };
        if (metadata.PartitionSpecs.Count == 0) metadata = metadata with { PartitionSpecs = [new PartitionSpec(0, [])] };
        if (metadata.DefaultSpecId < 0) metadata = metadata with { DefaultSpecId = metadata.PartitionSpecs[^1].SpecId };
        if (metadata.SortOrders.Count == 0) metadata = metadata with { SortOrders = [new SortOrder(0, Array.Empty<int>())] };
        if (metadata.DefaultSortOrderId < 0) metadata = metadata with { DefaultSortOrderId = metadata.SortOrders[^1].OrderId };
        if (metadata.Schemas.All(schema => schema.SchemaId != metadata.CurrentSchemaId)) throw Refused($"it has no schema {metadata.CurrentSchemaId}");
        if (metadata.PartitionSpecs.All(spec => spec.SpecId != metadata.DefaultSpecId)) throw Refused($"it has no partition spec {metadata.DefaultSpecId}");
        int needed = IcebergTypes.RequiredFormatVersion(metadata.CurrentSchema);
        if (creating) metadata = metadata with { FormatVersion = Math.Max(metadata.FormatVersion, needed) };
        if (metadata.FormatVersion < needed) throw Refused($"its schema needs format version {needed}; upgrade it in the same commit");
        if (metadata.DefaultSortOrder is null) throw Refused($"it has no sort order {metadata.DefaultSortOrderId}");
        RequireFitting();
        return metadata;
    }

    private void Upgrade(int version)
    {
        // A request for version 1 gets 2: that is what is written here, and readers of 1 that are left read it.
        if (version is < 1 or > 3) throw Refused($"format version {version} is not supported; 2 and 3 are");
        if (version < metadata.FormatVersion && !creating) return;
        metadata = metadata with { FormatVersion = Math.Max(version, 2) };
    }

    private void SetProperties(IReadOnlyDictionary<string, string> updates)
    {
        var properties = new Dictionary<string, string>(metadata.Properties, StringComparer.Ordinal);
        foreach (var (key, value) in updates)
        {
            if (key == FormatVersionProperty)
            {
                Upgrade(int.TryParse(value, out int version) ? version : 0);
                continue;
            }

            if (key.StartsWith(ReservedPrefix, StringComparison.Ordinal) && properties.GetValueOrDefault(key) != value)
            {
                throw Refused($"the property '{key}' is Mesh's own");
            }

            properties[key] = value;
        }

        metadata = metadata with { Properties = properties };
    }

    private void RemoveProperties(IReadOnlyList<string> removals)
    {
        var properties = new Dictionary<string, string>(metadata.Properties, StringComparer.Ordinal);
        foreach (string key in removals)
        {
            if (properties.Remove(key) && key.StartsWith(ReservedPrefix, StringComparison.Ordinal)) throw Refused($"the property '{key}' is Mesh's own");
        }

        metadata = metadata with { Properties = properties };
    }

    private int Resolve(int id, int? lastAdded, string what) => id != TableUpdate.LastAdded
        ? id
        : lastAdded ?? throw Refused($"the commit adds no {what} that -1 could stand for");

    private MeshException Refused(string what) => new("MESH8131", $"The change of table {table} is refused: {what}. Nothing was changed.");
}
