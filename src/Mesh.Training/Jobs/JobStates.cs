namespace Mesh.Training.Jobs;

/// <summary>What follows from a <see cref="JobState"/>.</summary>
public static class JobStates
{
    /// <summary>Whether nothing more happens to the job.</summary>
    public static bool IsEnd(this JobState state) => state is JobState.Succeeded or JobState.Failed or JobState.Cancelled;
}
