namespace Mesh.Commands.Media.Track;

/// <summary>A fix as recorded.</summary>
/// <param name="TimeNs">Log time.</param>
/// <param name="Lat">Degrees.</param>
/// <param name="Lon">Degrees.</param>
/// <param name="Alt">Metres.</param>
/// <param name="Status">As in <c>sensor_msgs/NavSatStatus</c>, or <see cref="Unsaid"/>.</param>
internal readonly record struct GnssFix(long TimeNs, double Lat, double Lon, double Alt, int Status)
{
    /// <summary>The messages have no status; ROS calls that -2, newer definitions at least.</summary>
    public const int Unsaid = -2;

    /// <summary>The status as a word.</summary>
    public string Quality => Status switch { 0 => "fix", 1 => "sbas", 2 => "gbas", _ => "" };
}
