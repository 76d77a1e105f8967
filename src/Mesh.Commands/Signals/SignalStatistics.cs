namespace Mesh.Commands.Signals;

/// <summary>What a signal does between two times; exact, except that the mean is of sums in double precision.</summary>
/// <param name="Name">The signal.</param>
/// <param name="Count">Samples with a value.</param>
/// <param name="Min">Smallest; null without samples, as all the others.</param>
/// <param name="Max">Largest.</param>
/// <param name="Mean">Mean.</param>
/// <param name="First">First.</param>
/// <param name="Last">Last.</param>
public sealed record SignalStatistics(string Name, long Count, double? Min, double? Max, double? Mean, double? First, double? Last);
