using System.Text.Json;

namespace Mesh.Lakehouse.Iceberg.Metadata;

/// <summary>A key that is itself encrypted (Iceberg specification, "Encryption Keys", format version 3); carried, never used.</summary>
internal sealed record EncryptedKey(string KeyId, string EncryptedKeyMetadata, string? EncryptedById, IReadOnlyDictionary<string, string> Properties)
{
    public static EncryptedKey Read(JsonElement element) => new(
        element.Text("key-id"), element.Text("encrypted-key-metadata"), element.OptionalText("encrypted-by-id"), element.Texts("properties"));

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("key-id", KeyId);
        json.WriteString("encrypted-key-metadata", EncryptedKeyMetadata);
        if (EncryptedById is not null) json.WriteString("encrypted-by-id", EncryptedById);
        if (Properties.Count > 0) json.WriteTexts("properties", Properties);
        json.WriteEndObject();
    }
}
