using System.Text.Json;
using Mesh.Columnar;

namespace Mesh.Lakehouse.Iceberg.Metadata;

/// <summary>A schema the table has or had.</summary>
internal sealed record TableSchema(int SchemaId, Schema Schema)
{
    /// <summary>Columns that identify a row, as other engines declare them; carried.</summary>
    public IReadOnlyList<int> IdentifierFieldIds { get; init; } = [];

    public static TableSchema Read(JsonElement element)
    {
        var (schemaId, schema) = IcebergTypes.ReadSchema(element);
        return new TableSchema(schemaId, schema) { IdentifierFieldIds = [.. element.Items("identifier-field-ids").Select(id => id.GetInt32())] };
    }

    public void Write(Utf8JsonWriter json) => IcebergTypes.Write(json, Schema, SchemaId, IdentifierFieldIds);
}
