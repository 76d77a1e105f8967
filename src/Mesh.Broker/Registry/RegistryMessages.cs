using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Broker.Registry;

/// <summary>A schema by its id.</summary>
internal sealed record SchemaString(
    [property: JsonPropertyName("schemaType"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? SchemaType,
    [property: JsonPropertyName("schema")] string Schema,
    [property: JsonPropertyName("references"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<SchemaReference>? References,
    [property: JsonPropertyName("maxId"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? MaxId);

internal sealed record CompatibilityAnswer(
    [property: JsonPropertyName("is_compatible")] bool IsCompatible,
    [property: JsonPropertyName("messages"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Messages);

internal sealed record ConfigRequest
{
    [JsonPropertyName("compatibility")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Compatibility { get; init; }

    [JsonPropertyName("normalize")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Normalize { get; init; }

    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Others { get; init; }
}

internal sealed record ModeRequest([property: JsonPropertyName("mode")] string? Mode);
