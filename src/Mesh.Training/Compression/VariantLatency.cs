namespace Mesh.Training.Compression;

/// <summary>Duration of single runs of a model with one sample, in microseconds. On a machine that does other work as well the spread says how far to trust it.</summary>
/// <param name="P50">Median.</param>
/// <param name="P95">95th percentile.</param>
/// <param name="Min">Shortest.</param>
/// <param name="Max">Longest.</param>
/// <param name="Runs">Number of runs measured, after some that were not.</param>
public sealed record VariantLatency(double P50, double P95, double Min, double Max, int Runs);
