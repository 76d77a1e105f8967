using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg.Metadata;

/// <summary>
/// Reads table metadata from JSON (Iceberg specification, appendix C), format versions 1 to 3. Version 1 is read as the version 2 that the
/// specification makes of it: sequence numbers 0, single schema and spec as lists of one.
/// </summary>
internal static class TableMetadataReader
{
    private static readonly HashSet<string> Known =
    [
        "format-version", "table-uuid", "location", "last-sequence-number", "last-updated-ms", "last-column-id", "current-schema-id", "schemas", "schema",
        "default-spec-id", "partition-specs", "partition-spec", "last-partition-id", "default-sort-order-id", "sort-orders", "properties",
        "current-snapshot-id", "refs", "snapshots", "snapshot-log", "metadata-log", "statistics", "partition-statistics", "next-row-id", "encryption-keys",
    ];

    /// <exception cref="MeshException"><c>MESH8121</c> when it is not metadata this program can keep intact.</exception>
    public static TableMetadata Read(ReadOnlyMemory<byte> bytes, string source) => Translated(source, () =>
    {
        using var document = JsonDocument.Parse(bytes);
        return Check(Read(document.RootElement));
    });

    /// <inheritdoc cref="Read(ReadOnlyMemory{byte}, string)"/>
    public static TableMetadata Read(JsonElement root, string source) => Translated(source, () => Check(Read(root)));

    private static TableMetadata Translated(string source, Func<TableMetadata> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or ArgumentException)
        {
            throw new MeshException(
                "MESH8121", $"'{source}' is not readable table metadata: {exception.Message} Restore it from a backup or point the table to an older metadata file.",
                innerException: exception);
        }
    }

    private static TableMetadata Read(JsonElement root)
    {
        int version = root.GetProperty("format-version").GetInt32();
        if (version is < 1 or > 3) throw new FormatException($"its format version is {version}, supported are 1 to 3.");
        List<TableSchema> schemas = [.. root.Items("schemas").Select(TableSchema.Read)];
        if (schemas.Count == 0 && version == 1) schemas.Add(TableSchema.Read(root.GetProperty("schema")));
        int currentSchemaId = root.OptionalInt("current-schema-id") ?? schemas[0].SchemaId;
        List<PartitionSpec> specs = [.. root.Items("partition-specs").Select(PartitionSpec.Read)];
        if (specs.Count == 0 && version == 1) specs.Add(new PartitionSpec(0, PartitionSpec.ReadFields(root.GetProperty("partition-spec"))));
        List<SortOrder> orders = [.. root.Items("sort-orders").Select(SortOrder.Read)];
        if (orders.Count == 0) orders.Add(new SortOrder(0, Array.Empty<int>()));
        var refs = root.Find("refs") is { } named
            ? named.EnumerateObject().ToDictionary(entry => entry.Name, entry => SnapshotJson.ReadRef(entry.Value), StringComparer.Ordinal)
            : [];
        long current = root.OptionalLong("current-snapshot-id") ?? -1;
        return new TableMetadata
        {
            FormatVersion = Math.Max(version, 2),
            TableUuid = version == 1 && root.Find("table-uuid") is null ? UuidOf(root.Text("location")) : root.GetProperty("table-uuid").GetGuid(),
            Location = root.Text("location"),
            LastSequenceNumber = version == 1 ? 0 : root.GetProperty("last-sequence-number").GetInt64(),
            LastUpdatedMs = root.GetProperty("last-updated-ms").GetInt64(),
            LastColumnId = root.GetProperty("last-column-id").GetInt32(),
            CurrentSchemaId = currentSchemaId,
            Schemas = schemas,
            DefaultSpecId = root.OptionalInt("default-spec-id") ?? specs[0].SpecId,
            PartitionSpecs = specs,
            LastPartitionId = root.OptionalInt("last-partition-id") ?? specs.SelectMany(spec => spec.Fields).Select(field => field.FieldId).DefaultIfEmpty(PartitionSpec.FirstFieldId - 1).Max(),
            DefaultSortOrderId = root.OptionalInt("default-sort-order-id") ?? orders[0].OrderId,
            SortOrders = orders,
            Properties = root.Texts("properties"),
            Refs = refs,
            CurrentSnapshotId = current < 0 ? null : current,
            Snapshots = [.. root.Items("snapshots").Select(snapshot => SnapshotJson.Read(snapshot, currentSchemaId))],
            SnapshotLog = [.. root.Items("snapshot-log").Select(entry =>
                new SnapshotLogEntry(entry.GetProperty("timestamp-ms").GetInt64(), entry.GetProperty("snapshot-id").GetInt64()))],
            MetadataLog = [.. root.Items("metadata-log").Select(entry =>
                new MetadataLogEntry(entry.GetProperty("timestamp-ms").GetInt64(), entry.Text("metadata-file")))],
            Statistics = [.. root.Items("statistics").Select(StatisticsFile.Read)],
            PartitionStatistics = [.. root.Items("partition-statistics").Select(PartitionStatisticsFile.Read)],
            NextRowId = root.OptionalLong("next-row-id") ?? 0,
            EncryptionKeys = [.. root.Items("encryption-keys").Select(EncryptedKey.Read)],
            Extra = root.EnumerateObject().Where(entry => !Known.Contains(entry.Name)).ToDictionary(entry => entry.Name, entry => entry.Value.Clone()),
        };
    }

    /// <summary>Version 1 may lack an identity; until it is written again, each reading of it must give the same one.</summary>
    private static Guid UuidOf(string location) => new(SHA256.HashData(Encoding.UTF8.GetBytes(location)).AsSpan(0, 16));

    private static TableMetadata Check(TableMetadata metadata)
    {
        if (metadata.Schemas.All(schema => schema.SchemaId != metadata.CurrentSchemaId)) throw new FormatException("its current schema is missing.");
        if (metadata.PartitionSpecs.All(spec => spec.SpecId != metadata.DefaultSpecId)) throw new FormatException("its default partition spec is missing.");
        if (metadata.CurrentSnapshotId is { } id && metadata.FindSnapshot(id) is null) throw new FormatException("its current snapshot is missing.");
        foreach (var (name, reference) in metadata.Refs)
        {
            if (metadata.FindSnapshot(reference.SnapshotId) is null) throw new FormatException($"snapshot {reference.SnapshotId} of its reference '{name}' is missing.");
        }

        return metadata;
    }
}
