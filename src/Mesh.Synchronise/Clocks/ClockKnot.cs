namespace Mesh.Synchronise.Clocks;

/// <summary>A point of a clock model; between two of them everything is linear.</summary>
/// <param name="DeviceNs">Device time, nanoseconds.</param>
/// <param name="OffsetNs">Host minus device, nanoseconds.</param>
/// <param name="HalfWidthNs">Half width of the 95 % band of the offset, nanoseconds.</param>
public readonly record struct ClockKnot(long DeviceNs, long OffsetNs, long HalfWidthNs);
