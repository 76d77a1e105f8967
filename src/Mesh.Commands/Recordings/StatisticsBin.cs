namespace Mesh.Commands.Recordings;

/// <summary>A column within a bin of time.</summary>
/// <param name="StartNs">Start of the bin, nanoseconds since 1970; a multiple of its width.</param>
/// <param name="Count">Finite values.</param>
/// <param name="Min">Smallest.</param>
/// <param name="Max">Largest.</param>
/// <param name="Mean">Mean.</param>
public sealed record StatisticsBin(long StartNs, long Count, double Min, double Max, double Mean);
