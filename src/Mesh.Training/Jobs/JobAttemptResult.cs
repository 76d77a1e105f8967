namespace Mesh.Training.Jobs;

/// <summary>How an attempt at a job ended.</summary>
public enum JobAttemptResult
{
    /// <summary>With a version in the registry, accepted or rejected.</summary>
    Registered,

    /// <summary>With results that are no model.</summary>
    Done,

    /// <summary>With a model that is a trial's and stays out of the registry.</summary>
    Kept,

    /// <summary>With an error; the job may be tried again.</summary>
    Failed,

    /// <summary>The trainer gave way and will go on from its checkpoint.</summary>
    Preempted,

    /// <summary>Somebody cancelled the job.</summary>
    Cancelled,

    /// <summary>Mesh stopped; the job goes on when it starts again.</summary>
    Stopped,
}
