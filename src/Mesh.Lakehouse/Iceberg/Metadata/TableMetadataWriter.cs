using System.Buffers;
using System.Text.Json;

namespace Mesh.Lakehouse.Iceberg.Metadata;

/// <summary>Writes table metadata as JSON (Iceberg specification, appendix C).</summary>
internal static class TableMetadataWriter
{
    public static ReadOnlyMemory<byte> Write(TableMetadata metadata)
    {
        var buffer = new ArrayBufferWriter<byte>(4096 + (metadata.Snapshots.Count * 1024));
        using var json = new Utf8JsonWriter(buffer);
        Write(json, metadata);
        json.Flush();
        return buffer.WrittenMemory;
    }

    public static void Write(Utf8JsonWriter json, TableMetadata metadata)
    {
        json.WriteStartObject();
        json.WriteNumber("format-version", metadata.FormatVersion);
        json.WriteString("table-uuid", metadata.TableUuid);
        json.WriteString("location", metadata.Location);
        json.WriteNumber("last-sequence-number", metadata.LastSequenceNumber);
        json.WriteNumber("last-updated-ms", metadata.LastUpdatedMs);
        json.WriteNumber("last-column-id", metadata.LastColumnId);
        json.WriteNumber("current-schema-id", metadata.CurrentSchemaId);
        WriteArray(json, "schemas", metadata.Schemas, static (json, schema) => schema.Write(json));
        json.WriteNumber("default-spec-id", metadata.DefaultSpecId);
        WriteArray(json, "partition-specs", metadata.PartitionSpecs, static (json, spec) => spec.Write(json));
        json.WriteNumber("last-partition-id", metadata.LastPartitionId);
        json.WriteNumber("default-sort-order-id", metadata.DefaultSortOrderId);
        WriteArray(json, "sort-orders", metadata.SortOrders, static (json, order) => order.Write(json));
        json.WriteTexts("properties", metadata.Properties);
        if (metadata.CurrentSnapshotId is { } current) json.WriteNumber("current-snapshot-id", current);
        WriteRefs(json, metadata.Refs);
        WriteArray(json, "snapshots", metadata.Snapshots, SnapshotJson.Write);
        WriteLogs(json, metadata);
        if (metadata.Statistics.Count > 0) WriteArray(json, "statistics", metadata.Statistics, static (json, file) => file.Write(json));
        if (metadata.PartitionStatistics.Count > 0) WriteArray(json, "partition-statistics", metadata.PartitionStatistics, static (json, file) => file.Write(json));
        if (metadata.FormatVersion >= 3) json.WriteNumber("next-row-id", metadata.NextRowId);
        if (metadata.EncryptionKeys.Count > 0) WriteArray(json, "encryption-keys", metadata.EncryptionKeys, static (json, key) => key.Write(json));
        foreach (var (key, value) in metadata.Extra)
        {
            json.WritePropertyName(key);
            value.WriteTo(json);
        }

        json.WriteEndObject();
    }

    /// <summary>The fields array of a spec, as manifests carry it too.</summary>
    public static void WriteSpecFields(Utf8JsonWriter json, PartitionSpec spec)
    {
        json.WriteStartArray();
        foreach (var field in spec.Fields)
        {
            json.WriteStartObject();
            json.WriteNumber("source-id", field.SourceId);
            json.WriteNumber("field-id", field.FieldId);
            json.WriteString("name", field.Name);
            json.WriteString("transform", field.TransformText);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteRefs(Utf8JsonWriter json, IReadOnlyDictionary<string, SnapshotRef> refs)
    {
        json.WriteStartObject("refs");
        foreach (var (name, reference) in refs)
        {
            json.WriteStartObject(name);
            SnapshotJson.WriteRefFields(json, reference);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteLogs(Utf8JsonWriter json, TableMetadata metadata)
    {
        WriteArray(json, "snapshot-log", metadata.SnapshotLog, static (json, entry) =>
        {
            json.WriteStartObject();
            json.WriteNumber("timestamp-ms", entry.TimestampMs);
            json.WriteNumber("snapshot-id", entry.SnapshotId);
            json.WriteEndObject();
        });
        WriteArray(json, "metadata-log", metadata.MetadataLog, static (json, entry) =>
        {
            json.WriteStartObject();
            json.WriteNumber("timestamp-ms", entry.TimestampMs);
            json.WriteString("metadata-file", entry.MetadataUri);
            json.WriteEndObject();
        });
    }

    private static void WriteArray<T>(Utf8JsonWriter json, string name, IReadOnlyList<T> items, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartArray(name);
        foreach (var item in items) write(json, item);
        json.WriteEndArray();
    }
}
