using Mesh.Model;

namespace Mesh.Training.Jobs;

/// <summary>A job, as <c>mesh jobs</c> shows it.</summary>
public sealed record JobEntry
{
    /// <summary>Identity.</summary>
    public required string JobId { get; init; }

    /// <summary>Firing that asked for it.</summary>
    public required string TriggerId { get; init; }

    /// <summary>Rule that fired.</summary>
    public required string Rule { get; init; }

    /// <summary>What it does.</summary>
    public JobKind Kind { get; init; }

    /// <summary>What runs.</summary>
    public required string Trainer { get; init; }

    /// <summary>Whose it is: the owner of the topology that asked for it.</summary>
    public string Team { get; init; } = "";

    /// <summary>Higher comes first.</summary>
    public int Priority { get; init; }

    /// <summary>How often it had to make room for another.</summary>
    public int Preemptions { get; init; }

    /// <summary>Pool of machines that the latest attempt runs on, before the first the one asked for; empty for any that fits.</summary>
    public required string Pool { get; init; }

    /// <summary>Name of the model to make.</summary>
    public required string Model { get; init; }

    /// <summary>Version that was registered; null before and when there is none.</summary>
    public int? ModelVersion { get; init; }

    /// <summary>Where it is.</summary>
    public required JobState State { get; init; }

    /// <summary>Starts so far.</summary>
    public required int Attempts { get; init; }

    /// <summary>Failures so far.</summary>
    public required int Failures { get; init; }

    /// <summary>Code of the last failure; null when there was none.</summary>
    public string? Code { get; init; }

    /// <summary>Why it is in this state, for people.</summary>
    public required string Reason { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When the latest attempt began.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
}
