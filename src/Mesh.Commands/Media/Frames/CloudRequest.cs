using Mesh.Commands.Media.Points;

namespace Mesh.Commands.Media.Frames;

/// <summary>Which cloud, and how it is seen.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="At">Seconds since the recording's start; the nearest frame not later is taken.</param>
/// <param name="View">How it is seen.</param>
public sealed record CloudRequest(string Channel, double At, TopViewOptions View);
