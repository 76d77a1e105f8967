namespace Mesh.Training.Running;

/// <summary>How an attempt ended.</summary>
/// <param name="Ending">What ended it.</param>
/// <param name="ExitCode">The trainer's exit code; -1 when there is none.</param>
/// <param name="Details">What else is known, for people; null for nothing.</param>
internal readonly record struct AttemptResult(AttemptEnding Ending, int ExitCode, string? Details = null);
