namespace Mesh.Training.Tracking;

/// <summary>Where a run is, in MLflow's words and by its numbers.</summary>
public enum RunStatus
{
    /// <summary>It runs.</summary>
    Running = 1,

    /// <summary>It will run.</summary>
    Scheduled = 2,

    /// <summary>It has ended well.</summary>
    Finished = 3,

    /// <summary>It has failed.</summary>
    Failed = 4,

    /// <summary>It was ended from outside.</summary>
    Killed = 5,
}
