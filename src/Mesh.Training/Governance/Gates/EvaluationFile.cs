using System.Security.Cryptography;
using System.Text.Json;
using Mesh.Training.Models;
using Mesh.Training.Running;

namespace Mesh.Training.Governance.Gates;

/// <summary>What a trainer wrote about its model's results, <c>evaluation.json</c> in the version's folder (<c>mesh.evaluation/v1</c>).</summary>
/// <param name="Sha256">Of the file; empty when there is none to be read here.</param>
/// <param name="Root">Its content; undefined when there is none.</param>
internal sealed record EvaluationFile(string Sha256, JsonElement Root)
{
    private const long MaxBytes = 64L << 20;

    public bool Exists => Root.ValueKind == JsonValueKind.Object;

    /// <summary>Reads the file of a version.</summary>
    public static EvaluationFile Of(ModelEntry model)
    {
        if (FolderOf(model) is not { } folder) return new EvaluationFile("", default);
        try
        {
            var file = new FileInfo(Path.Combine(folder, JobOutput.EvaluationFile));
            if (!file.Exists || file.Length > MaxBytes) return new EvaluationFile("", default);
            byte[] bytes = File.ReadAllBytes(file.FullName);
            using var document = JsonDocument.Parse(bytes);
            return new EvaluationFile(Convert.ToHexStringLower(SHA256.HashData(bytes)), document.RootElement.Clone());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return new EvaluationFile("", default);
        }
    }

    /// <summary>Folder of a version on this machine; null when it is on another.</summary>
    public static string? FolderOf(ModelEntry model) =>
        Uri.TryCreate(model.Uri, UriKind.Absolute, out var uri) && uri.IsFile ? Path.GetDirectoryName(uri.LocalPath) : null;

    /// <summary>A number below nested members; null when it is not there or none.</summary>
    public double? Number(params ReadOnlySpan<string> path) =>
        Find(path) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out double number) && double.IsFinite(number) ? number : null;

    /// <summary>What is below nested members; null when it is not there.</summary>
    public JsonElement? Find(params ReadOnlySpan<string> path)
    {
        var element = Root;
        foreach (string name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element)) return null;
        }

        return element;
    }
}
