using Mesh.Training.Jobs;

namespace Mesh.Training;

/// <summary>Is told of every attempt at a job. What it does with that never fails a job: it handles its own errors.</summary>
public interface IJobObserver
{
    /// <summary>An attempt begins; the trainer's files will be in its folder.</summary>
    void Started(JobAttempt attempt);

    /// <summary>An attempt has ended, and what that means for the job is in the database.</summary>
    Task EndedAsync(JobAttempt attempt, JobAttemptEnd end);

    /// <summary>Mesh stops and the attempt goes on without it; the process that takes it up again tells of it as started.</summary>
    void Left(JobAttempt attempt);

    /// <summary>This process begins to run jobs: attempts whose end nobody saw are those of a dead one.</summary>
    Task RecoverAsync(CancellationToken cancellationToken);
}
