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

    /// <summary>Only in the mode IMPORT.</summary>
    [JsonPropertyName("id")]
    public int? Id { get; init; }

    /// <summary>Only in the mode IMPORT.</summary>
    [JsonPropertyName("version")]
    public int? Version { get; init; }

    [JsonIgnore]
    public string Type => string.IsNullOrEmpty(SchemaType) ? SubjectVersion.Avro : SchemaType;
}

/// <summary>A version of a subject, in answers and as the value on the log.</summary>
internal sealed record SubjectVersion
{
    public const string Avro = "AVRO";

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

    /// <summary>Always on the log, in answers only when it is so.</summary>
    [JsonPropertyName("deleted")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Deleted { get; init; }

    [JsonIgnore]
    public string Type => string.IsNullOrEmpty(SchemaType) ? Avro : SchemaType;
}

/// <summary>The key of a record on the log; the order of its properties is the original's, since compaction compares bytes.</summary>
internal sealed record RegistryKey
{
    public const string SchemaType = "SCHEMA";
    public const string ConfigType = "CONFIG";
    public const string ModeType = "MODE";
    public const string DeleteSubjectType = "DELETE_SUBJECT";
    public const string ClearSubjectType = "CLEAR_SUBJECT";

    [JsonPropertyName("keytype")]
    public string? KeyType { get; init; }

    /// <summary>Null for what holds for all subjects.</summary>
    [JsonPropertyName("subject")]
    public string? Subject { get; init; }

    [JsonPropertyName("version")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Version { get; init; }

    [JsonPropertyName("magic")]
    public int Magic { get; init; }

    public static RegistryKey Schema(string subject, int version) => new() { KeyType = SchemaType, Subject = subject, Version = version, Magic = 1 };
}

/// <summary>Value of a CONFIG record, and the answer to a question for it.</summary>
internal sealed record ConfigValue
{
    [JsonPropertyName("subject")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Subject { get; init; }

    [JsonPropertyName("normalize")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Normalize { get; init; }

    [JsonPropertyName("compatibilityLevel")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? CompatibilityLevel { get; init; }
}

/// <summary>Value of a MODE record.</summary>
internal sealed record ModeValue
{
    [JsonPropertyName("subject")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Subject { get; init; }

    [JsonPropertyName("mode")]
    public required string Mode { get; init; }
}

/// <summary>Value of DELETE_SUBJECT (all versions up to one) and CLEAR_SUBJECT.</summary>
internal sealed record DeleteSubjectValue
{
    [JsonPropertyName("subject")]
    public required string Subject { get; init; }

    [JsonPropertyName("version")]
    public int Version { get; init; }
}
