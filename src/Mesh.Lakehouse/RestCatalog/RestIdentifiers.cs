using System.Text.Json;

namespace Mesh.Lakehouse.RestCatalog;

/// <summary>Names of tables and namespaces as the specification writes them.</summary>
internal static class RestIdentifiers
{
    public static void WriteIdentifier(Utf8JsonWriter json, TableIdentifier table)
    {
        json.WriteStartObject();
        WriteNamespace(json, table.Namespace);
        json.WriteString("name", table.Name);
        json.WriteEndObject();
    }

    public static void WriteNamespace(Utf8JsonWriter json, string name)
    {
        json.WriteStartArray("namespace");
        json.WriteStringValue(name);
        json.WriteEndArray();
    }
}
