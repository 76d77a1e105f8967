namespace Mesh.Commands.Media.Frames;

/// <summary>Pictures, clouds and videos of a recording.</summary>
/// <param name="Start">First log time, nanoseconds since 1970 as text.</param>
/// <param name="DurationSeconds">Of the recording.</param>
/// <param name="Channels">Channels by name.</param>
public sealed record RecordingFrames(string Start, double DurationSeconds, IReadOnlyList<FrameChannel> Channels);
