namespace Mesh.Training.Jobs;

/// <summary>What a list of jobs is sorted by.</summary>
public enum JobSort
{
    /// <summary>When it was asked for.</summary>
    Requested,
    /// <summary>When its latest attempt began; those that never did come last.</summary>
    Started,
    /// <summary>When it ended; those that have not come last.</summary>
    Finished,
    /// <summary>State, by its word.</summary>
    State,
    /// <summary>Priority.</summary>
    Priority,
    /// <summary>Model.</summary>
    Model,
}
