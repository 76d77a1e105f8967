using System.Text.Json;

namespace Mesh.Lakehouse.Iceberg.Metadata;

/// <summary>Statistics of a snapshot's partitions (Iceberg specification, "Partition Statistics"); informational.</summary>
internal sealed record PartitionStatisticsFile(long SnapshotId, string Uri, long FileBytes)
{
    public static PartitionStatisticsFile Read(JsonElement element) => new(
        element.GetProperty("snapshot-id").GetInt64(), element.Text("statistics-path"), element.GetProperty("file-size-in-bytes").GetInt64());

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("snapshot-id", SnapshotId);
        json.WriteString("statistics-path", Uri);
        json.WriteNumber("file-size-in-bytes", FileBytes);
        json.WriteEndObject();
    }
}
