using System.Text.Json;

namespace Mesh.Lakehouse.Iceberg.Metadata;

/// <summary>Fields of Iceberg's JSON objects. What has the wrong kind throws what System.Text.Json throws; readers translate it once.</summary>
internal static class JsonFields
{
    /// <exception cref="FormatException">It is null.</exception>
    public static string Text(this JsonElement element, string name) =>
        element.GetProperty(name).GetString() ?? throw new FormatException($"'{name}' is null.");

    public static string? OptionalText(this JsonElement element, string name) => element.Find(name)?.GetString();

    public static long? OptionalLong(this JsonElement element, string name) => element.Find(name)?.GetInt64();

    public static int? OptionalInt(this JsonElement element, string name) => element.Find(name)?.GetInt32();

    /// <summary>The field, or null when it is absent or null.</summary>
    public static JsonElement? Find(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>Elements of an array; none when it is absent or null.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        element.Find(name) is { } items ? items.EnumerateArray() : [];

    /// <summary>A map of texts; empty when it is absent or null.</summary>
    public static Dictionary<string, string> Texts(this JsonElement element, string name)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        if (element.Find(name) is not { } map) return texts;
        foreach (var entry in map.EnumerateObject()) texts[entry.Name] = entry.Value.GetString() ?? "";
        return texts;
    }

    public static void WriteTexts(this Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> texts)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in texts) json.WriteString(key, value);
        json.WriteEndObject();
    }
}
