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
        json.WriteStartObject();
        json.WriteNumber("format-version", 2);
        json.WriteString("table-uuid", metadata.TableUuid);
        json.WriteString("location", metadata.Location);
        json.WriteNumber("last-sequence-number", metadata.LastSequenceNumber);
        json.WriteNumber("last-updated-ms", metadata.LastUpdatedMs);
        json.WriteNumber("last-column-id", metadata.LastColumnId);
        json.WriteNumber("current-schema-id", metadata.CurrentSchemaId);
        json.WriteStartArray("schemas");
        foreach (var schema in metadata.Schemas) IcebergTypes.Write(json, schema.Schema, schema.SchemaId);
        json.WriteEndArray();
        json.WriteNumber("default-spec-id", metadata.DefaultSpecId);
        json.WriteStartArray("partition-specs");
        foreach (var spec in metadata.PartitionSpecs)
        {
            json.WriteStartObject();
            json.WriteNumber("spec-id", spec.SpecId);
            json.WritePropertyName("fields");
            WriteSpecFields(json, spec);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("last-partition-id", metadata.LastPartitionId);
        json.WriteNumber("default-sort-order-id", metadata.DefaultSortOrderId);
        WriteSortOrders(json, metadata);
        json.WriteStartObject("properties");
        foreach (var (key, value) in metadata.Properties) json.WriteString(key, value);
        json.WriteEndObject();
        WriteRefs(json, metadata);
        json.WriteStartArray("snapshots");
        foreach (var snapshot in metadata.Snapshots) WriteSnapshot(json, snapshot);
        json.WriteEndArray();
        json.WriteStartArray("snapshot-log");
        foreach (var entry in metadata.SnapshotLog)
        {
            json.WriteStartObject();
            json.WriteNumber("timestamp-ms", entry.TimestampMs);
            json.WriteNumber("snapshot-id", entry.SnapshotId);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("metadata-log");
        foreach (var entry in metadata.MetadataLog)
        {
            json.WriteStartObject();
            json.WriteNumber("timestamp-ms", entry.TimestampMs);
            json.WriteString("metadata-file", entry.MetadataUri);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        foreach (var (key, value) in metadata.Extra)
        {
            json.WritePropertyName(key);
            value.WriteTo(json);
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
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

    private static void WriteSortOrders(Utf8JsonWriter json, TableMetadata metadata)
    {
        json.WriteStartArray("sort-orders");
        foreach (var order in metadata.SortOrders)
        {
            json.WriteStartObject();
            json.WriteNumber("order-id", order.OrderId);
            json.WriteStartArray("fields");
            foreach (int sourceId in order.SourceIds)
            {
                json.WriteStartObject();
                json.WriteString("transform", "identity");
                json.WriteNumber("source-id", sourceId);
                json.WriteString("direction", "asc");
                json.WriteString("null-order", "nulls-last");
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteRefs(Utf8JsonWriter json, TableMetadata metadata)
    {
        if (metadata.CurrentSnapshotId is { } current) json.WriteNumber("current-snapshot-id", current);
        json.WriteStartObject("refs");
        if (metadata.CurrentSnapshotId is { } main)
        {
            json.WriteStartObject("main");
            json.WriteNumber("snapshot-id", main);
            json.WriteString("type", "branch");
            json.WriteEndObject();
        }

        foreach (var (name, value) in metadata.OtherRefs)
        {
            json.WritePropertyName(name);
            value.WriteTo(json);
        }

        json.WriteEndObject();
    }

    private static void WriteSnapshot(Utf8JsonWriter json, Snapshot snapshot)
    {
        json.WriteStartObject();
        json.WriteNumber("sequence-number", snapshot.SequenceNumber);
        json.WriteNumber("snapshot-id", snapshot.SnapshotId);
        if (snapshot.ParentSnapshotId is { } parent) json.WriteNumber("parent-snapshot-id", parent);
        json.WriteNumber("timestamp-ms", snapshot.CommittedAt.ToUnixTimeMilliseconds());
        json.WriteStartObject("summary");
        foreach (var (key, value) in snapshot.Summary) json.WriteString(key, value);
        json.WriteEndObject();
        json.WriteString("manifest-list", snapshot.ManifestListUri);
        json.WriteNumber("schema-id", snapshot.SchemaId);
        json.WriteEndObject();
    }
}
