using System.Text.Json;

namespace Mesh.Lakehouse.Iceberg.Metadata;

/// <summary>What a blob of a statistics file is about.</summary>
internal sealed record BlobMetadata(
    string Type, long SnapshotId, long SequenceNumber, IReadOnlyList<int> Fields, IReadOnlyDictionary<string, string> Properties);

/// <summary>Statistics of a snapshot in a Puffin file (Iceberg specification, "Table Statistics"); informational.</summary>
internal sealed record StatisticsFile(
    long SnapshotId, string Uri, long FileBytes, long FooterBytes, string? KeyMetadata, IReadOnlyList<BlobMetadata> Blobs)
{
    public static StatisticsFile Read(JsonElement element) => new(
        element.GetProperty("snapshot-id").GetInt64(), element.Text("statistics-path"), element.GetProperty("file-size-in-bytes").GetInt64(),
        element.GetProperty("file-footer-size-in-bytes").GetInt64(), element.OptionalText("key-metadata"),
        [.. element.Items("blob-metadata").Select(blob => new BlobMetadata(
            blob.Text("type"), blob.GetProperty("snapshot-id").GetInt64(), blob.GetProperty("sequence-number").GetInt64(),
            [.. blob.Items("fields").Select(field => field.GetInt32())], blob.Texts("properties")))]);

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("snapshot-id", SnapshotId);
        json.WriteString("statistics-path", Uri);
        json.WriteNumber("file-size-in-bytes", FileBytes);
        json.WriteNumber("file-footer-size-in-bytes", FooterBytes);
        if (KeyMetadata is not null) json.WriteString("key-metadata", KeyMetadata);
        json.WriteStartArray("blob-metadata");
        foreach (var blob in Blobs)
        {
            json.WriteStartObject();
            json.WriteString("type", blob.Type);
            json.WriteNumber("snapshot-id", blob.SnapshotId);
            json.WriteNumber("sequence-number", blob.SequenceNumber);
            json.WriteStartArray("fields");
            foreach (int field in blob.Fields) json.WriteNumberValue(field);
            json.WriteEndArray();
            if (blob.Properties.Count > 0) json.WriteTexts("properties", blob.Properties);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
