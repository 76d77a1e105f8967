namespace Mesh.Commands.Media.Timeline;

/// <summary>A silence of a channel.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="From">Last message before it, seconds.</param>
/// <param name="To">First message after it, seconds.</param>
public sealed record TimelineGap(string Channel, double From, double To);
