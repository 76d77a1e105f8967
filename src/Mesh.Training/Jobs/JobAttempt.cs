using Mesh.Kafka.Events;

namespace Mesh.Training.Jobs;

/// <summary>One attempt at a job.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Attempt">Which attempt, from 1.</param>
/// <param name="Request">What asked for the job.</param>
/// <param name="CodeVersion">Version of Mesh that runs it.</param>
/// <param name="Folder">The job's files.</param>
/// <param name="StartedAt">When the attempt began.</param>
public sealed record JobAttempt(string JobId, int Attempt, JobRequested Request, string CodeVersion, JobFolder Folder, DateTimeOffset StartedAt);
