namespace Mesh.Training.Models;

/// <summary>A version of a model with where it comes from, as <c>mesh models</c> shows it.</summary>
public sealed record ModelEntry
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>From 1, rejected ones included.</summary>
    public required int Version { get; init; }

    /// <summary>Whether it passed the gates of its job.</summary>
    public required ModelState State { get; init; }

    /// <summary>Where it is in its lifecycle; a decision moves it, see <see cref="Governance.Policy.Lifecycle"/>.</summary>
    public string LifecycleState { get; init; } = Governance.Policy.Lifecycle.Candidate;

    /// <summary>Why it passed or not, for people.</summary>
    public required string Reason { get; init; }

    /// <summary>Job that made it.</summary>
    public required string JobId { get; init; }

    /// <summary>Firing that asked for the job.</summary>
    public required string TriggerId { get; init; }

    /// <summary>Trainer that made it.</summary>
    public required string Trainer { get; init; }

    /// <summary>Version of Mesh that ran the job.</summary>
    public required string CodeVersion { get; init; }

    /// <summary>Hyperparameters of the job.</summary>
    public required IReadOnlyDictionary<string, string> Hyperparameters { get; init; }

    /// <summary>Metrics the trainer reported.</summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    /// <summary>The gates and what they found.</summary>
    public required IReadOnlyList<GateResult> Gates { get; init; }

    /// <summary>Tables and snapshots it was made from.</summary>
    public required IReadOnlyList<ModelInput> Inputs { get; init; }

    /// <summary>Recordings it has seen; empty in listings, see <see cref="ModelStore.FindAsync"/>.</summary>
    public IReadOnlyList<string> IngestIds { get; init; } = [];

    /// <summary>Number of recordings it has seen.</summary>
    public required int RecordingCount { get; init; }

    /// <summary>URI of <c>model.onnx</c>.</summary>
    public required string Uri { get; init; }

    /// <summary>SHA-256 of that file, lower-case hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Size of that file.</summary>
    public required long Bytes { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset RegisteredAt { get; init; }
}
