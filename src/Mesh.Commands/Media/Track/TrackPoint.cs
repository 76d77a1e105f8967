namespace Mesh.Commands.Media.Track;

/// <summary>A fix of a track.</summary>
/// <param name="T">Seconds since the recording's start.</param>
/// <param name="East">Metres from the origin.</param>
/// <param name="North">Metres from the origin.</param>
/// <param name="Up">Metres from the origin.</param>
/// <param name="Speed">Metres a second over the ground, over about a second.</param>
/// <param name="Quality"><c>fix</c>, <c>sbas</c>, <c>gbas</c>; empty where the messages do not say.</param>
public sealed record TrackPoint(double T, double East, double North, double Up, double Speed, string Quality);
