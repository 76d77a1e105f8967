namespace Mesh.Training.Pools;

/// <summary>What a team has spent in a month.</summary>
/// <param name="Team">The team; empty for jobs of topologies without owner.</param>
/// <param name="Month">The month, <c>yyyy-MM</c>, UTC.</param>
/// <param name="Budget">What it may spend; null for no limit.</param>
/// <param name="Spent">What attempts cost that have ended.</param>
/// <param name="Reserved">What running attempts may yet cost.</param>
/// <param name="Attempts">Attempts that began.</param>
public sealed record BudgetView(string Team, string Month, decimal? Budget, decimal Spent, decimal Reserved, long Attempts);
