namespace Mesh.Commands.Media.Frames;

/// <summary>Frames of a channel.</summary>
/// <param name="Channel">Name.</param>
/// <param name="Kind">What they show.</param>
/// <param name="Schema">Schema of the messages.</param>
/// <param name="Format">As the first message says: <c>jpeg</c>, <c>rgb8 640×480</c>, <c>28,800 points</c>.</param>
/// <param name="Count">Frames that the table has.</param>
/// <param name="Times">When they were logged, seconds since the start, ascending; evenly thinned when <paramref name="IsThinned"/>.</param>
/// <param name="IsThinned">Whether there are more frames than times.</param>
/// <param name="Version">Changes whenever a frame may have; a picture's address that names it may be kept.</param>
/// <param name="KeyFrames">Times of the key frames of a video; null for others.</param>
/// <param name="KeyFramesUntil">Second up to which the video was looked through for key frames; null when to its end.</param>
public sealed record FrameChannel(
    string Channel, MediaKind Kind, string Schema, string Format, long Count, IReadOnlyList<double> Times, bool IsThinned, string Version,
    IReadOnlyList<double>? KeyFrames, double? KeyFramesUntil);
