using System.Text.Json;
using Mesh.Model;

namespace Mesh.Training.Jobs;

/// <summary>
/// What a trainer is told, <c>mesh.job/v1</c> (<c>schemas/job.schema.json</c>): immutable, complete, and without any credential.
/// </summary>
public sealed record JobSpec
{
    /// <summary>The contract's name and version.</summary>
    public const string SchemaName = "mesh.job/v1";

    private const long MaxBytes = 64L << 20;

    /// <summary>Always <see cref="SchemaName"/>.</summary>
    public string Schema { get; init; } = SchemaName;

    /// <summary>Identity: the same trigger, trainer, hyperparameters and code are the same job.</summary>
    public required string JobId { get; init; }

    /// <summary>What the job does.</summary>
    public JobKind Kind { get; init; }

    /// <summary>From 1; counts every start.</summary>
    public required int Attempt { get; init; }

    /// <summary>What asked for the job.</summary>
    public required JobTrigger Trigger { get; init; }

    /// <summary>What the result is registered as.</summary>
    public required JobModel Model { get; init; }

    /// <summary>Data, as files of a table at a snapshot.</summary>
    public required IReadOnlyList<JobInput> Inputs { get; init; }

    /// <summary>What runs.</summary>
    public required JobCode Code { get; init; }

    /// <summary>Handed through from the rule.</summary>
    public required IReadOnlyDictionary<string, string> Hyperparameters { get; init; }

    /// <summary>Where and how long.</summary>
    public required JobResources Resources { get; init; }

    /// <summary>What is expected.</summary>
    public required JobOutputs Outputs { get; init; }

    /// <summary>Conditions on metrics, checked by Mesh after the trainer has ended.</summary>
    public required IReadOnlyDictionary<string, JobGate> Gates { get; init; }

    /// <summary>Frozen hold-outs: recordings not to learn from.</summary>
    public IReadOnlyList<JobHoldout> Holdouts { get; init; } = [];

    /// <summary>Reads a spec.</summary>
    /// <exception cref="MeshException"><c>MESH9104</c> when the file is no spec.</exception>
    public static JobSpec Read(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.Length > MaxBytes) throw new MeshException("MESH9104", $"The job spec '{path}' has {file.Length:N0} bytes, more than {MaxBytes:N0}.");
            using var stream = file.OpenRead();
            var spec = JsonSerializer.Deserialize<JobSpec>(stream, TrainingJson.Options);
            if (spec?.Schema != SchemaName) throw new MeshException("MESH9104", $"'{path}' is no {SchemaName} spec; its schema is '{spec?.Schema}'.");
            return spec;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH9104", $"Cannot read the job spec '{path}': {exception.Message} MESH_JOB_SPEC names it.", innerException: exception);
        }
    }

    /// <summary>Writes the spec; the file is whole or absent.</summary>
    public void Write(string path) => AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, TrainingJson.Indented));
}
