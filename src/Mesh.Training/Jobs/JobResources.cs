namespace Mesh.Training.Jobs;

/// <summary>Where, on how much and how long a job runs.</summary>
/// <param name="Pool">Pool of machines.</param>
/// <param name="MaxSeconds">Longest run of one attempt.</param>
public sealed record JobResources(string Pool, long MaxSeconds)
{
    /// <summary>Class of the pool's machines; null in specs of before there were pools.</summary>
    public string? Accelerator { get; init; }

    /// <summary>Accelerators the job has.</summary>
    public int Accelerators { get; init; }

    /// <summary>Cores it may use; null for no limit.</summary>
    public double? Cores { get; init; }

    /// <summary>Bytes of memory it may use; null for no limit.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Whether the machine may be taken away: SIGTERM comes, and what is in the checkpoint folder then is there for the next attempt.</summary>
    public bool Spot { get; init; }
}
