using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg.Avro;

/// <summary>The one error of the Avro reader.</summary>
internal static class AvroFault
{
    public static MeshException At(string source, string what) =>
        new("MESH8120", $"'{source}' is not a readable Avro file: {what}. Restore it from a backup or roll the table back to an older snapshot.");

    public static MeshException At(string source, long offset, string what) => At(source, $"at byte {offset:N0} {what}");
}
