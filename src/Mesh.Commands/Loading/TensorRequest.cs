using Mesh.Training.Loading;

namespace Mesh.Commands.Loading;

/// <summary>Asks for the rows of a job's input, or of a table, as tensors.</summary>
public sealed record TensorRequest
{
    /// <summary>The job spec; null when a table is read.</summary>
    public string? SpecFile { get; init; }

    /// <summary>Folder with the job's files; null to read them where the lake has them.</summary>
    public string? InputFolder { get; init; }

    /// <summary>Product of the job's input; null for the only one.</summary>
    public string? Input { get; init; }

    /// <summary>Name of a table or product; null when a job's input is read.</summary>
    public string? Table { get; init; }

    /// <summary>Snapshot id, branch or tag of the table; null for the current snapshot.</summary>
    public string? Snapshot { get; init; }

    /// <summary>Which rows, in which order.</summary>
    public TensorReadOptions Options { get; init; } = new();
}
