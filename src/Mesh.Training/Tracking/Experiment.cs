namespace Mesh.Training.Tracking;

/// <summary>Runs that belong together.</summary>
public sealed record Experiment
{
    /// <summary>Number by which clients know it.</summary>
    public required string ExperimentId { get; init; }

    /// <summary>Name, used once.</summary>
    public required string Name { get; init; }

    /// <summary>Where clients put artefacts of its runs; <c>mlflow-artifacts:/ID</c> is this server.</summary>
    public required string ArtifactLocation { get; init; }

    /// <summary>Whether it was deleted; it can be restored.</summary>
    public bool IsDeleted { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Tags.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();
}
