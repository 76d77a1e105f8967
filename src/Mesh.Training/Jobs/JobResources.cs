namespace Mesh.Training.Jobs;

/// <summary>Where and how long a job runs.</summary>
/// <param name="Pool">Pool of machines.</param>
/// <param name="MaxSeconds">Longest run of one attempt.</param>
public sealed record JobResources(string Pool, long MaxSeconds);
