namespace Mesh.Synchronise.Clocks;

/// <summary>What was found of the clock of one channel.</summary>
/// <param name="Channel">Topic as recorded.</param>
/// <param name="TimeBase">
/// Whose clock it is: <c>header</c>, the sensor's against the host's; <c>log</c>, of a channel without stamps, which has none of its own;
/// <c>truth</c>, the host's against true time.
/// </param>
/// <param name="Model">The model.</param>
/// <param name="FirstLogTimeNs">When the channel's first message was recorded, nanoseconds.</param>
public sealed record ChannelClockModel(string Channel, string TimeBase, ClockModel Model, long FirstLogTimeNs);
