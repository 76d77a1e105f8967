using System.Text.Json.Serialization;

namespace Mesh.Upload;

/// <summary>An upload under way or answered; kept as JSON beside the part, so that it survives a restart.</summary>
public sealed record UploadSession
{
    /// <summary>Id in the upload's URL.</summary>
    public required string Id { get; init; }

    /// <summary>Size of the recording in bytes.</summary>
    public required long Length { get; init; }

    /// <summary>Pseudonym of the vehicle.</summary>
    public required string VehicleId { get; init; }

    /// <summary>The producer's name for the drive.</summary>
    public string Session { get; init; } = "";

    /// <summary>The producer's name for the file.</summary>
    public string FileName { get; init; } = "";

    /// <summary>What the producer says the SHA-256 is, lower-case hex; null when it does not say.</summary>
    public string? ExpectedSha256 { get; init; }

    /// <summary>Upload-Metadata as received, to be echoed.</summary>
    public string? Metadata { get; init; }

    /// <summary>When it was begun.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The answer.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<UploadResult>))]
    public UploadResult Result { get; init; }

    /// <summary>Ingest id, once known.</summary>
    public string? IngestId { get; init; }

    /// <summary>Code of a refusal.</summary>
    public string? Code { get; init; }

    /// <summary>Why it was refused, or what it is a duplicate of.</summary>
    public string? Reason { get; init; }
}
