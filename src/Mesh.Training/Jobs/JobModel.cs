namespace Mesh.Training.Jobs;

/// <summary>What a job's result is registered as.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="BaseVersion">The registered version it is compared with; null when it is the first.</param>
public sealed record JobModel(string Name, int? BaseVersion);
