namespace Mesh.Training.Jobs;

/// <summary>How far a job that a firing asked for is.</summary>
/// <param name="TriggerId">The firing.</param>
/// <param name="JobId">The job.</param>
/// <param name="State">Where the job is.</param>
/// <param name="HasModel">Whether its model was registered, not rejected.</param>
/// <param name="StartedAt">When the latest attempt began; null before the first.</param>
/// <param name="FinishedAt">When the job ended; null before.</param>
public sealed record JobOutcome(string TriggerId, string JobId, JobState State, bool HasModel, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt);
