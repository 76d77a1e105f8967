namespace Mesh.Training.Jobs;

/// <summary>An attempt at a job in the account.</summary>
/// <param name="Attempt">From 1.</param>
/// <param name="Pool">Where it ran.</param>
/// <param name="Units">Accelerators it had, or 1.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="EndedAt">When it ended; null while it runs.</param>
/// <param name="Cost">What it cost; null while it runs.</param>
/// <param name="Reserved">What it may cost at most.</param>
public sealed record JobAttemptView(int Attempt, string Pool, long Units, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, decimal? Cost, decimal Reserved);
