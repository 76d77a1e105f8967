using System.Text.Json.Serialization;

namespace Mesh.Broker.Registry;

/// <summary>A schema that another one imports.</summary>
internal sealed record SchemaReference(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("subject")] string Subject,
    [property: JsonPropertyName("version")] int Version);

/// <summary>What a client registers or looks up.</summary>
internal sealed record SchemaRequest
{
    [JsonPropertyName("schema")]
    public string? Schema { get; init; }

    /// <summary>AVRO when it is not said, as in Confluent's registry.</summary>
    [JsonPropertyName("schemaType")]
    public string? SchemaType { get; init; }

    [JsonPropertyName("references")]
    public IReadOnlyList<SchemaReference>? References { get; init; }
}

/// <summary>A version of a subject, in answers and as the value on the log.</summary>
internal sealed record SubjectVersion
{
    [JsonPropertyName("subject")]
    public required string Subject { get; init; }

    [JsonPropertyName("version")]
    public required int Version { get; init; }

    [JsonPropertyName("id")]
    public required int Id { get; init; }

    /// <summary>Left out for AVRO, as in Confluent's registry.</summary>
    [JsonPropertyName("schemaType")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SchemaType { get; init; }

    [JsonPropertyName("references")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<SchemaReference>? References { get; init; }

    [JsonPropertyName("schema")]
    public required string Schema { get; init; }

    /// <summary>Only on the log.</summary>
    [JsonPropertyName("deleted")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Deleted { get; init; }
}

/// <summary>The key of a record on the log.</summary>
internal sealed record SchemaKey
{
    public const string SchemaKeyType = "SCHEMA";

    [JsonPropertyName("keytype")]
    public string? KeyType { get; init; }

    [JsonPropertyName("subject")]
    public string? Subject { get; init; }

    [JsonPropertyName("version")]
    public int Version { get; init; }

    [JsonPropertyName("magic")]
    public int Magic { get; init; }
}

/// <summary>An error as the registry's clients know it.</summary>
internal sealed record RegistryError(
    [property: JsonIgnore] int Status,
    [property: JsonPropertyName("error_code")] int Code,
    [property: JsonPropertyName("message")] string Message)
{
    public static RegistryError SubjectNotFound(string subject) => new(404, 40401, $"Subject '{subject}' not found.");

    public static RegistryError VersionNotFound(string version) => new(404, 40402, $"Version {version} not found.");

    public static RegistryError SchemaNotFound(string what) => new(404, 40403, $"Schema {what} not found.");

    public static RegistryError InvalidSchema(string why) => new(422, 42201, $"Invalid schema: {why}");

    public static RegistryError InvalidVersion(string version) =>
        new(422, 42202, $"The specified version '{version}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string \"latest\"");

    public static readonly RegistryError StoreFailed = new(500, 50001, "Error in the backend data store: the schema could not be written; try again.");
}
