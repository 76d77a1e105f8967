using Mesh.Lakehouse.Recordings;

namespace Mesh.Commands.Media;

/// <summary>A recording as the lake has it.</summary>
/// <param name="Entry">The recording.</param>
/// <param name="Sources">Its channels by name.</param>
/// <param name="StartNs">First log time, nanoseconds; 0 while nothing of it is in a table.</param>
/// <param name="EndNs">Last log time.</param>
internal sealed record LakeRecording(RecordingEntry Entry, IReadOnlyList<MediaSource> Sources, long StartNs, long EndNs)
{
    /// <summary>The start as the wire has it.</summary>
    public string Start => StartNs.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Length in seconds.</summary>
    public double Duration => (EndNs - StartNs) / 1e9;

    /// <summary>Names the state of all tables.</summary>
    public string Version => string.Join(' ', Sources.Select(source => source.Version).Distinct());

    /// <summary>Seconds since the start.</summary>
    public double ToSeconds(long timeNs) => (timeNs - StartNs) / 1e9;

    /// <summary>Log time of a moment, to the nanosecond; what is beyond any time is the end of time.</summary>
    public long ToNs(double seconds) => StartNs + (long)Math.Clamp(Math.Round(seconds * 1e9), -4e18, 4e18);
}
