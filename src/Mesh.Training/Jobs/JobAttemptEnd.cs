using Mesh.Training.Models;

namespace Mesh.Training.Jobs;

/// <summary>How an attempt at a job ended.</summary>
/// <param name="Result">How.</param>
/// <param name="Reason">Why, for people.</param>
public sealed record JobAttemptEnd(JobAttemptResult Result, string Reason)
{
    /// <summary>Code of the error; null when there was none.</summary>
    public string? Code { get; init; }

    /// <summary>What the trainer says of its model; null without one.</summary>
    public ModelCard? Card { get; init; }

    /// <summary>The version that was registered; null when none was.</summary>
    public ModelEntry? Model { get; init; }
}
