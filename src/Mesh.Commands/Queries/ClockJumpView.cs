namespace Mesh.Commands.Queries;

/// <summary>A step of a clock.</summary>
/// <param name="FirstIndex">First stamped message of the channel that may be the first after it.</param>
/// <param name="LastIndex">Last one that may be.</param>
/// <param name="DeviceNs">Device time of the most likely one, nanoseconds.</param>
/// <param name="ReceivedNs">When it was received, nanoseconds.</param>
/// <param name="DeltaNs">By how much host minus device grew, nanoseconds.</param>
/// <param name="HalfWidthNs">Half width of its 95 % band, nanoseconds.</param>
/// <param name="Cause">What steps by just so much; null when nothing known does.</param>
public sealed record ClockJumpView(long FirstIndex, long LastIndex, long DeviceNs, long ReceivedNs, long DeltaNs, long HalfWidthNs, string? Cause);
