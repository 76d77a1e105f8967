namespace Mesh.Commands.Media.Frames;

/// <summary>Which picture of a camera.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="At">Seconds since the recording's start; the nearest frame not later is taken.</param>
/// <param name="Width">Most pixels across of a picture that was raw; a compressed one passes as it is.</param>
public sealed record PictureRequest(string Channel, double At, int Width = 960);
