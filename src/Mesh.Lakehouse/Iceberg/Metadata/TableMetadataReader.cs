using System.Text.Json;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg.Metadata;

/// <summary>Reads table metadata from JSON (Iceberg specification, appendix C), format version 2.</summary>
internal static class TableMetadataReader
{
    private static readonly HashSet<string> Known =
    [
        "format-version", "table-uuid", "location", "last-sequence-number", "last-updated-ms", "last-column-id", "current-schema-id", "schemas",
        "default-spec-id", "partition-specs", "last-partition-id", "default-sort-order-id", "sort-orders", "properties", "current-snapshot-id",
        "refs", "snapshots", "snapshot-log", "metadata-log",
    ];

    /// <exception cref="MeshException"><c>MESH8121</c> when it is not metadata this program can keep intact.</exception>
    public static TableMetadata Read(ReadOnlyMemory<byte> bytes, string source)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var metadata = Read(document.RootElement);
            return Check(metadata);
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
        if (version != 2) throw new FormatException($"its format version is {version}, supported is 2.");
        long current = Long(root, "current-snapshot-id") ?? -1;
        return new TableMetadata
        {
            TableUuid = root.GetProperty("table-uuid").GetGuid(),
            Location = Text(root, "location"),
            LastSequenceNumber = root.GetProperty("last-sequence-number").GetInt64(),
            LastUpdatedMs = root.GetProperty("last-updated-ms").GetInt64(),
            LastColumnId = root.GetProperty("last-column-id").GetInt32(),
            CurrentSchemaId = root.GetProperty("current-schema-id").GetInt32(),
            Schemas = [.. root.GetProperty("schemas").EnumerateArray().Select(IcebergTypes.ReadSchema).Select(read => new TableSchema(read.SchemaId, read.Schema))],
            DefaultSpecId = root.GetProperty("default-spec-id").GetInt32(),
            PartitionSpecs = [.. root.GetProperty("partition-specs").EnumerateArray().Select(ReadSpec)],
            LastPartitionId = root.GetProperty("last-partition-id").GetInt32(),
            DefaultSortOrderId = root.GetProperty("default-sort-order-id").GetInt32(),
            SortOrders = [.. root.GetProperty("sort-orders").EnumerateArray().Select(ReadSortOrder)],
            Properties = ReadTexts(root, "properties"),
            CurrentSnapshotId = current < 0 ? null : current,
            OtherRefs = root.TryGetProperty("refs", out var refs)
                ? refs.EnumerateObject().Where(entry => entry.Name != "main").ToDictionary(entry => entry.Name, entry => entry.Value.Clone())
                : [],
            Snapshots = [.. Items(root, "snapshots").Select(ReadSnapshot)],
            SnapshotLog = [.. Items(root, "snapshot-log").Select(entry =>
                new SnapshotLogEntry(entry.GetProperty("timestamp-ms").GetInt64(), entry.GetProperty("snapshot-id").GetInt64()))],
            MetadataLog = [.. Items(root, "metadata-log").Select(entry =>
                new MetadataLogEntry(entry.GetProperty("timestamp-ms").GetInt64(), Text(entry, "metadata-file")))],
            Extra = root.EnumerateObject().Where(entry => !Known.Contains(entry.Name)).ToDictionary(entry => entry.Name, entry => entry.Value.Clone()),
        };
    }

    private static TableMetadata Check(TableMetadata metadata)
    {
        if (metadata.Schemas.All(schema => schema.SchemaId != metadata.CurrentSchemaId)) throw new FormatException("its current schema is missing.");
        if (metadata.PartitionSpecs.All(spec => spec.SpecId != metadata.DefaultSpecId)) throw new FormatException("its default partition spec is missing.");
        if (metadata.CurrentSnapshotId is { } id && metadata.FindSnapshot(id) is null) throw new FormatException("its current snapshot is missing.");
        return metadata;
    }

    private static PartitionSpec ReadSpec(JsonElement element) => new(
        element.GetProperty("spec-id").GetInt32(),
        [.. element.GetProperty("fields").EnumerateArray().Select(field =>
        {
            var (transform, parameter) = PartitionSpecField.ParseTransform(Text(field, "transform"));
            return new PartitionSpecField(
                field.GetProperty("source-id").GetInt32(), field.GetProperty("field-id").GetInt32(), Text(field, "name"), transform, parameter);
        })]);

    private static SortOrder ReadSortOrder(JsonElement element) => new(
        element.GetProperty("order-id").GetInt32(),
        [.. element.GetProperty("fields").EnumerateArray().Select(field => field.GetProperty("source-id").GetInt32())]);

    private static Snapshot ReadSnapshot(JsonElement element) => new(
        element.GetProperty("snapshot-id").GetInt64(),
        Long(element, "parent-snapshot-id"),
        element.GetProperty("sequence-number").GetInt64(),
        DateTimeOffset.FromUnixTimeMilliseconds(element.GetProperty("timestamp-ms").GetInt64()),
        Text(element, "manifest-list"),
        ReadTexts(element, "summary"),
        (int)(Long(element, "schema-id") ?? 0));

    private static IEnumerable<JsonElement> Items(JsonElement element, string name) =>
        element.TryGetProperty(name, out var items) && items.ValueKind != JsonValueKind.Null ? items.EnumerateArray() : [];

    private static Dictionary<string, string> ReadTexts(JsonElement element, string name)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!element.TryGetProperty(name, out var map)) return texts;
        foreach (var entry in map.EnumerateObject()) texts[entry.Name] = entry.Value.GetString() ?? "";
        return texts;
    }

    private static long? Long(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetInt64() : null;

    private static string Text(JsonElement element, string name) =>
        element.GetProperty(name).GetString() ?? throw new FormatException($"'{name}' is null.");
}
