using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Mesh.Model;

namespace Mesh.Training.Handoff;

/// <summary>How documents of a bundle are written and read: the same content gives the same bytes; a member that is not known, or there twice, is an error.</summary>
internal static class HandoffJson
{
    public static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        WriteIndented = true,
        NewLine = "\n",
    };

    private static readonly JsonSerializerOptions Tolerant = new(Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip };

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>A document as a file's bytes.</summary>
    public static byte[] Write<T>(T document) => [.. JsonSerializer.SerializeToUtf8Bytes(document, Options), (byte)'\n'];

    /// <summary>A document as a file's bytes.</summary>
    public static byte[] Write(JsonNode document) => [.. JsonSerializer.SerializeToUtf8Bytes(document, Options), (byte)'\n'];

    /// <summary>Reads a document of a bundle.</summary>
    /// <exception cref="MeshException">The code given, when it is none.</exception>
    public static T Read<T>(ReadOnlySpan<byte> bytes, string code, string file, bool allowsMore = false)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(bytes, allowsMore ? Tolerant : Options) ?? throw new MeshException(code, $"{file} is null.");
        }
        catch (JsonException exception)
        {
            throw new MeshException(code, $"{file} cannot be read: {exception.Message}", innerException: exception);
        }
    }

    /// <summary>Parses a document of another format.</summary>
    /// <exception cref="MeshException">The code given, when it is no JSON.</exception>
    public static JsonElement Parse(ReadOnlyMemory<byte> bytes, string code, string file)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, Strict);
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            throw new MeshException(code, $"{file} is no JSON: {exception.Message}", innerException: exception);
        }
    }

    /// <summary>SHA-256, lower-case hex.</summary>
    public static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>A member that is text; null when it is not there or something else.</summary>
    public static string? Text(this JsonElement element, string member) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A member; null when it is not there.</summary>
    public static JsonElement? Member(this JsonElement element, string member) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(member, out var value) ? value : null;

    /// <summary>Items of a member that is an array; none when it is not there or something else.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element, string member) =>
        element.Member(member) is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : [];

    /// <summary>Whether a text is a SHA-256 as these documents have it.</summary>
    public static bool IsSha256(string? text) => text is { Length: 64 } && text.All(letter => char.IsAsciiDigit(letter) || letter is >= 'a' and <= 'f');
}
