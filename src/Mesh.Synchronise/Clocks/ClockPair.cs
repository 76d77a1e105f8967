namespace Mesh.Synchronise.Clocks;

/// <summary>The same instant on two clocks: from a GNSS receiver, a pulse per second, PTP.</summary>
/// <param name="DeviceNs">On the clock to be modelled, nanoseconds.</param>
/// <param name="TrueNs">On the one that counts, nanoseconds.</param>
public readonly record struct ClockPair(long DeviceNs, long TrueNs);
