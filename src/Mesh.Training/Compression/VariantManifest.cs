using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mesh.Model;

namespace Mesh.Training.Compression;

/// <summary>
/// A variant of a model for one target, <c>mesh.variant/v1</c> (<c>schemas/variant.schema.json</c>): <c>manifest.json</c> in
/// <c>models/NAME/VERSION/variants/PROFILE/</c>, beside the files that it lists. A folder without it is unfinished.
/// </summary>
public sealed record VariantManifest
{
    /// <summary>The contract's name and version.</summary>
    public const string SchemaName = "mesh.variant/v1";

    /// <summary>Name of the file.</summary>
    public const string FileName = "manifest.json";

    private const long MaxBytes = 16L << 20;

    // What is not known is written as null, so that a reader sees that it was asked.
    internal static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
        WriteIndented = true,
    };

    /// <summary>Always <see cref="SchemaName"/>.</summary>
    public string Schema { get; init; } = SchemaName;

    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>Its version.</summary>
    public required int Version { get; init; }

    /// <summary>Name of the profile the variant was made by.</summary>
    public required string Profile { get; init; }

    /// <summary>What it is for.</summary>
    public required VariantTarget Target { get; init; }

    /// <summary>SHA-256 of the parent's ONNX file, lower-case hex.</summary>
    public required string ParentSha256 { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>What became of it.</summary>
    public required VariantStatus Status { get; init; }

    /// <summary>Why, for people.</summary>
    public required string Reason { get; init; }

    /// <summary>The profile as it was: what was asked for; null when it was not kept.</summary>
    public JsonElement? Settings { get; init; }

    /// <summary>Files beside the manifest, by path.</summary>
    public required IReadOnlyList<VariantFile> Files { get; init; }

    /// <summary>Commands of vendors' tools in the order in which they are run.</summary>
    public required IReadOnlyList<VariantCommand> Commands { get; init; }

    /// <summary>What ranges were measured on; null for a target that needs none.</summary>
    public VariantCalibration? Calibration { get; init; }

    /// <summary>What it does beside its parent; null when it could not be made.</summary>
    public VariantValidation? Validation { get; init; }

    /// <summary>Reads the manifest of a variant's folder.</summary>
    /// <param name="path">The file, or the folder it is in.</param>
    /// <exception cref="MeshException"><c>MESH9401</c> when it is none, or of a schema that is not known here.</exception>
    public static VariantManifest Read(string path)
    {
        if (Directory.Exists(path)) path = Path.Combine(path, FileName);
        try
        {
            var file = new FileInfo(path);
            if (file.Length > MaxBytes) throw new MeshException("MESH9401", $"The variant's manifest '{path}' has {file.Length:N0} bytes, more than {MaxBytes:N0}.");
            return Parse(File.ReadAllBytes(path), path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH9401", $"Cannot read the variant's manifest '{path}': {exception.Message} `mesh models compress` makes it anew.", innerException: exception);
        }
    }

    /// <summary>Writes the manifest; the file is whole or absent.</summary>
    /// <param name="folder">Folder of the variant.</param>
    public void Write(string folder) => AtomicFile.Write(Path.Combine(folder, FileName), ToUtf8());

    internal static VariantManifest Parse(ReadOnlySpan<byte> utf8, string path)
    {
        try
        {
            // The schema's name is asked first: of another version nothing else need fit.
            string? schema = JsonSerializer.Deserialize<SchemaOnly>(utf8, Json)?.Schema;
            if (schema != SchemaName)
            {
                throw new MeshException("MESH9401", $"'{path}' is no {SchemaName} manifest; its schema is '{schema}'. A newer Mesh may have written it: use that, or make the variant anew with `mesh models compress`.");
            }

            return JsonSerializer.Deserialize<VariantManifest>(utf8, Json)!;
        }
        catch (JsonException exception)
        {
            throw new MeshException("MESH9401", $"The variant's manifest '{path}' is broken: {exception.Message} `mesh models compress` makes it anew.", innerException: exception);
        }
    }

    internal byte[] ToUtf8() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    private sealed record SchemaOnly(string? Schema);
}
