namespace Mesh.Synchronise.Clocks;

/// <summary>A step of a clock between two messages.</summary>
/// <param name="FirstIndex">First message that may be the first one after the step: an index into the stamps given, in their order.</param>
/// <param name="LastIndex">Last message that may be; the two differ when late messages make the place undecidable.</param>
/// <param name="DeviceNs">Device time of the most likely first message after the step, nanoseconds.</param>
/// <param name="ReceivedNs">When that message was received, nanoseconds.</param>
/// <param name="DeltaNs">By how much host minus device grew, nanoseconds.</param>
/// <param name="HalfWidthNs">Half width of the 95 % band of the step, nanoseconds.</param>
public sealed record ClockJump(long FirstIndex, long LastIndex, long DeviceNs, long ReceivedNs, long DeltaNs, long HalfWidthNs)
{
    /// <summary>When the last message was received that is certainly before the step, nanoseconds.</summary>
    public long OpenAfterNs { get; init; }

    /// <summary>When the first message was received that is certainly after it, nanoseconds; what was received between may be on either side.</summary>
    public long OpenUntilNs { get; init; }

    /// <summary>What steps by just so much; null when nothing known does.</summary>
    public string? Cause { get; init; }
}
