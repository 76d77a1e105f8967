using Mesh.Training.Search;

namespace Mesh.Training.Studies;

/// <summary>A trial of a study, for people.</summary>
public sealed record StudyTrial
{
    /// <summary>From 0.</summary>
    public required int Number { get; init; }

    /// <summary>How far it is.</summary>
    public required TrialState State { get; init; }

    /// <summary>What is searched, by name.</summary>
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary>What the scheduler allows it; null for all.</summary>
    public long? Resource { get; init; }

    /// <summary>The objective at the end; null when there is none.</summary>
    public double? Value { get; init; }

    /// <summary>The objective on the way, by step.</summary>
    public IReadOnlyList<TrialReport> Reports { get; init; } = [];

    /// <summary>Why it was pruned or stopped or failed.</summary>
    public string? Reason { get; init; }

    /// <summary>Its job; null until that is known.</summary>
    public string? JobId { get; init; }

    /// <summary>Identity of the request.</summary>
    public required string TriggerId { get; init; }

    /// <summary>Whether its job has ended too.</summary>
    public bool HasEnded { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset AskedAt { get; init; }

    /// <summary>Running time in seconds, until now when it runs: of its job's last attempt, and of the jobs of it that were stopped before.</summary>
    public double Seconds { get; init; }
}
