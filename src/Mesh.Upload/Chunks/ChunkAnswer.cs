using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Upload.Chunks;

/// <summary>What became of an upload that came over Kafka: a record of <see cref="Mesh.Kafka.Topics.UploadAnswers"/>, keyed by upload id, as JSON.</summary>
/// <param name="UploadId">The producer's name of the upload.</param>
/// <param name="Vehicle">The vehicle as the producer called it.</param>
/// <param name="Result"><c>accepted</c>, <c>duplicate</c> and <c>refused</c> end the upload; <c>incomplete</c> asks for the bytes from <see cref="NextOffset"/> on.</param>
/// <param name="NextOffset">Bytes of the recording that are there.</param>
public sealed record ChunkAnswer(string UploadId, string Vehicle, [property: JsonConverter(typeof(ChunkAnswer.ResultConverter))] UploadResult Result, long NextOffset)
{
    internal static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>The producer's own mark of the attempt, if it gave one.</summary>
    public string? Attempt { get; init; }

    /// <summary>Identity of the recording, once it is known.</summary>
    public string? IngestId { get; init; }

    /// <summary>Code of a refusal, or of why bytes are asked for again.</summary>
    public string? Code { get; init; }

    /// <summary>For people.</summary>
    public string? Reason { get; init; }

    internal static ChunkAnswer? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<ChunkAnswer>(json, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    internal byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    internal sealed class ResultConverter() : JsonStringEnumConverter<UploadResult>(JsonNamingPolicy.SnakeCaseLower);
}
