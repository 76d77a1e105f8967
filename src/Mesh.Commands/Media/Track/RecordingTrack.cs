using Mesh.Commands.Media.Timeline;

namespace Mesh.Commands.Media.Track;

/// <summary>Where the vehicle went. Times are seconds since <paramref name="Start"/>, the recording's first log time.</summary>
/// <param name="Start">First log time, nanoseconds since 1970 as text.</param>
/// <param name="DurationSeconds">Of the recording.</param>
/// <param name="Channel">Channel that the fixes are of.</param>
/// <param name="Channels">All channels with fixes.</param>
/// <param name="Origin">Where east, north and up are 0: the middle of the fixes.</param>
/// <param name="Points">Fixes that are enough to be within the tolerance at any time.</param>
/// <param name="Gaps">Times without a fix.</param>
/// <param name="Total">Fixes that the channel has.</param>
/// <param name="Invalid">Of them, without a place: no fix, NaN, or not on Earth.</param>
/// <param name="Used">Fixes that were simplified: all valid ones, or evenly thinned where there are too many.</param>
/// <param name="Tolerance">Metres; more than was asked for where that would give too many points.</param>
/// <param name="Length">Metres driven, along the points.</param>
public sealed record RecordingTrack(
    string Start, double DurationSeconds, string Channel, IReadOnlyList<string> Channels, Geodetic Origin, IReadOnlyList<TrackPoint> Points, IReadOnlyList<TimelineGap> Gaps,
    long Total, long Invalid, long Used, double Tolerance, double Length);
