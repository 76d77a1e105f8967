namespace Mesh.Commands.Media.Timeline;

/// <summary>When the messages of a recording came, and when they did not. Times are seconds since <paramref name="Start"/>.</summary>
/// <param name="Start">First log time, nanoseconds since 1970 as text.</param>
/// <param name="DurationSeconds">Last log time minus first.</param>
/// <param name="Columns">Equal shares of the duration that messages are counted in.</param>
/// <param name="Channels">The channels by name.</param>
/// <param name="Losses">Damage that the reader found in the recording.</param>
/// <param name="Gaps">Silences by beginning.</param>
/// <param name="GapRule">What counts as a silence.</param>
/// <param name="Events">What happened to the recording and to its clocks.</param>
public sealed record RecordingTimeline(
    string Start, double DurationSeconds, int Columns, IReadOnlyList<TimelineChannel> Channels, IReadOnlyList<TimelineLoss> Losses, IReadOnlyList<TimelineGap> Gaps,
    string GapRule, IReadOnlyList<TimelineEvent> Events);
