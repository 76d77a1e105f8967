namespace Mesh.Training.Jobs;

/// <summary>Where a job is.</summary>
public enum JobState
{
    /// <summary>Waiting for its first or next attempt.</summary>
    Queued,
    /// <summary>An attempt runs, or ran when the process died.</summary>
    Running,
    /// <summary>Ended with a model; whether it passed its gates is the model's state.</summary>
    Succeeded,
    /// <summary>Given up; the reason says why.</summary>
    Failed,
    /// <summary>Ended because somebody said so; the reason says why.</summary>
    Cancelled,
}
