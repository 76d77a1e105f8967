using System.Security.Cryptography;
using System.Text.Json;
using Mesh.Model;
using Mesh.Onnx;
using Mesh.Training.Jobs;
using Mesh.Training.Models;

namespace Mesh.Training.Running;

/// <summary>
/// A trainer's output, checked: nothing it says is believed before the files bear it out. The ONNX check is structural
/// (<see cref="OnnxModelReader"/>); the model is not run here.
/// </summary>
internal static class JobOutput
{
    public const string SuccessFile = "_SUCCESS";
    public const string ModelFile = "model/model.onnx";
    public const string CardFile = "model_card.json";
    public const string MetricsFile = "metrics.jsonl";
    public const string EvaluationFile = "evaluation.json";
    public const string ResultFile = "result.json";
    public const string ErrorFile = "error.json";

    private const long MaxTextBytes = 64L << 20;

    /// <summary>Whether the trainer declared its output complete.</summary>
    public static bool IsComplete(string folder) => File.Exists(Path.Combine(folder, SuccessFile));

    /// <summary>Checks everything.</summary>
    /// <exception cref="MeshException"><c>MESH9006</c>, transient: incomplete; <c>MESH9007</c>: complete but wrong.</exception>
    public static ModelCard Check(string folder, JobSpec spec)
    {
        if (!IsComplete(folder))
        {
            throw new MeshException(
                "MESH9006", $"The trainer ended with exit code 0 but left no {SuccessFile} in '{folder}'; it must be written last, by rename.", isTransient: true);
        }

        try
        {
            var card = ReadCard(folder, spec);
            foreach (var artifact in card.Artifacts) CheckArtifact(folder, artifact);
            CheckModel(folder, card, spec);
            CheckMetrics(folder);
            return card;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Wrong(exception.Message, exception);
        }
    }

    /// <summary>Declares an output complete where the program cannot.</summary>
    public static void MarkComplete(string folder) => AtomicFile.Write(Path.Combine(folder, SuccessFile), []);

    /// <summary>Checks the output of a job that makes no model: what it says about itself can be read, should it say anything.</summary>
    /// <exception cref="MeshException"><c>MESH9007</c>: complete but wrong.</exception>
    public static void CheckResult(string folder)
    {
        try
        {
            if (File.Exists(Path.Combine(folder, MetricsFile))) CheckMetrics(folder);
            foreach (string name in (string[])[EvaluationFile, ResultFile])
            {
                if (File.Exists(Path.Combine(folder, name))) JsonDocument.Parse(ReadText(folder, name)).Dispose();
            }
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw Wrong(exception.Message, exception);
        }
    }

    /// <summary>What the trainer wrote about its failure; null when it wrote nothing readable.</summary>
    public static string? ReadError(string folder)
    {
        try
        {
            var file = new FileInfo(Path.Combine(folder, ErrorFile));
            if (!file.Exists || file.Length > 64 << 10) return null;
            using var document = JsonDocument.Parse(File.ReadAllBytes(file.FullName));
            return document.RootElement.GetProperty("message").GetString();
        }
        catch (Exception exception) when (exception is JsonException or IOException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    private static ModelCard ReadCard(string folder, JobSpec spec)
    {
        var card = JsonSerializer.Deserialize<ModelCard>(ReadText(folder, CardFile), TrainingJson.Options) ?? throw Wrong($"{CardFile} is null");
        if (card.Schema != ModelCard.SchemaName) throw Wrong($"{CardFile} has schema '{card.Schema}', expected {ModelCard.SchemaName}");
        if (card.JobId != spec.JobId) throw Wrong($"{CardFile} is of job '{card.JobId}', not '{spec.JobId}'");
        if (card.Metrics is null || card.Artifacts is null || card.Inputs is null) throw Wrong($"{CardFile} lacks metrics, artifacts or inputs");
        foreach (var input in card.Inputs)
        {
            string? bad = (input.IngestIds ?? throw Wrong($"{CardFile} lists no ingest_ids for '{input.Product}'"))
                .FirstOrDefault(id => !IngestId.TryParse(id, out _));
            if (bad is not null) throw Wrong($"{CardFile} lists '{bad}' as an ingest id");
            if (!spec.Inputs.Any(given => given.Table == input.Table && given.SnapshotId == input.SnapshotId))
            {
                throw Wrong($"{CardFile} claims to have read {input.Table} at snapshot {input.SnapshotId}, which the job was not given");
            }
        }

        return card;
    }

    private static void CheckArtifact(string folder, ModelArtifact artifact)
    {
        string path = Resolve(folder, artifact.Path);
        using var stream = File.OpenRead(path);
        if (stream.Length != artifact.Bytes) throw Wrong($"'{artifact.Path}' has {stream.Length:N0} bytes, the card says {artifact.Bytes:N0}");
        string sha256 = Convert.ToHexStringLower(SHA256.HashData(stream));
        if (sha256 != artifact.Sha256) throw Wrong($"'{artifact.Path}' has SHA-256 {sha256}, the card says {artifact.Sha256}");
    }

    private static void CheckModel(string folder, ModelCard card, JobSpec spec)
    {
        if (card.Artifacts.All(artifact => artifact.Path != ModelFile)) throw Wrong($"{CardFile} does not list {ModelFile}");
        string path = Path.Combine(folder, ModelFile);
        long length = new FileInfo(path).Length;
        if (length > spec.Outputs.MaxBytes) throw Wrong($"{ModelFile} has {length:N0} bytes, more than the {spec.Outputs.MaxBytes:N0} allowed");
        try
        {
            var (_, signature) = OnnxModelReader.Read(File.ReadAllBytes(path));
            if (signature.Inputs.Count == 0) throw Wrong($"{ModelFile} takes no input");
        }
        catch (MeshException exception) when (exception.Code is "MESH9801" or "MESH9802")
        {
            throw Wrong(exception.Message, exception);
        }
    }

    private static void CheckMetrics(string folder)
    {
        int number = 0;
        foreach (string line in File.ReadLines(Checked(folder, MetricsFile)))
        {
            number++;
            if (line.Length == 0) continue;
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("type", out _))
            {
                throw Wrong($"line {number} of {MetricsFile} is no object with a type");
            }
        }

        if (number == 0) throw Wrong($"{MetricsFile} is empty");
        if (File.Exists(Path.Combine(folder, EvaluationFile))) JsonDocument.Parse(ReadText(folder, EvaluationFile)).Dispose();
    }

    private static byte[] ReadText(string folder, string name) => File.ReadAllBytes(Checked(folder, name));

    private static string Checked(string folder, string name)
    {
        var file = new FileInfo(Path.Combine(folder, name));
        if (!file.Exists) throw Wrong($"{name} is missing");
        return file.Length <= MaxTextBytes ? file.FullName : throw Wrong($"{name} has {file.Length:N0} bytes, more than {MaxTextBytes:N0}");
    }

    // A trainer is somebody else's program: its paths stay inside its output, links included.
    private static string Resolve(string folder, string relative)
    {
        string root = Path.GetFullPath(folder) + Path.DirectorySeparatorChar;
        string path = Path.GetFullPath(Path.Combine(root, relative ?? ""));
        if (!path.StartsWith(root, StringComparison.Ordinal)) throw Wrong($"artifact '{relative}' lies outside the output");
        var file = new FileInfo(path);
        if (!file.Exists) throw Wrong($"artifact '{relative}' is missing");
        return file.LinkTarget is null ? path : throw Wrong($"artifact '{relative}' is a link");
    }

    private static MeshException Wrong(string what, Exception? inner = null) =>
        new("MESH9007", $"The trainer's output cannot be used: {what.TrimEnd('.')}. The job's log.txt and output folder are kept.", innerException: inner);
}
