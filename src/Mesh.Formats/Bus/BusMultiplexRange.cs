namespace Mesh.Formats.Bus;

/// <summary>Raw values of a multiplexor for which a signal is in the frame, both ends included.</summary>
/// <param name="First">Lowest value.</param>
/// <param name="Last">Highest value.</param>
public readonly record struct BusMultiplexRange(long First, long Last);
