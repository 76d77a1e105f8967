namespace Mesh.Training.Tracking;

/// <summary>A run with everything that was logged to it, but for its artefacts: what is carried from one place to another.</summary>
public sealed record RunDocument
{
    /// <summary>Name of its experiment.</summary>
    public required string Experiment { get; init; }

    /// <summary>Tags of its experiment.</summary>
    public IReadOnlyDictionary<string, string> ExperimentTags { get; init; } = new Dictionary<string, string>();

    /// <summary>The run; its last metrics are not looked at.</summary>
    public required TrackedRun Run { get; init; }

    /// <summary>Every value of every metric.</summary>
    public IReadOnlyList<LoggedMetric> Metrics { get; init; } = [];
}
