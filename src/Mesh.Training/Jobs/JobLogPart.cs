namespace Mesh.Training.Jobs;

/// <summary>A piece of a job's <c>log.txt</c>.</summary>
/// <param name="Text">Whole characters.</param>
/// <param name="NextOffset">Where the next piece begins, in bytes.</param>
/// <param name="IsEnd">Whether the job has ended and nothing follows.</param>
public sealed record JobLogPart(string Text, long NextOffset, bool IsEnd);
