namespace Mesh.Training.Pools;

/// <summary>A job that waits.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Team">Whose it is.</param>
/// <param name="Priority">Its priority.</param>
/// <param name="Since">Since when it waits.</param>
/// <param name="Why">What for.</param>
public sealed record WaitingView(string JobId, string Team, int Priority, DateTimeOffset Since, string Why);
