namespace Mesh.Training.Tracking;

/// <summary>A run: what was tried with which parameters, and what came out.</summary>
public sealed record TrackedRun
{
    /// <summary>Identity, 32 hex digits.</summary>
    public required string RunId { get; init; }

    /// <summary>Number of its experiment.</summary>
    public required string ExperimentId { get; init; }

    /// <summary>Name of its experiment.</summary>
    public string Experiment { get; init; } = "";

    /// <summary>Name, for people.</summary>
    public required string Name { get; init; }

    /// <summary>Where it is.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>Whether it was deleted; it can be restored.</summary>
    public bool IsDeleted { get; init; }

    /// <summary>Who ran it, as the client says.</summary>
    public string User { get; init; } = "";

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended; null before.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Where clients find its artefacts.</summary>
    public string ArtifactUri { get; init; } = "";

    /// <summary>Who keeps it.</summary>
    public RunOrigin Origin { get; init; }

    /// <summary>The job it is an attempt at; null for other runs.</summary>
    public string? JobId { get; init; }

    /// <summary>Which attempt, from 1; null for other runs.</summary>
    public int? Attempt { get; init; }

    /// <summary>Parameters.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The last value of each metric: the one of the highest step, then time, then value.</summary>
    public IReadOnlyList<LoggedMetric> Metrics { get; init; } = [];

    /// <summary>Tags.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Data sets it read, as the client described them.</summary>
    public IReadOnlyList<RunInput> Inputs { get; init; } = [];
}
