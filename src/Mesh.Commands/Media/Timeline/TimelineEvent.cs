namespace Mesh.Commands.Media.Timeline;

/// <summary>Something that happened.</summary>
/// <param name="At">Seconds since the recording's start, for what happened while it was recorded; else null.</param>
/// <param name="Time">Time of day, for what happened to the recording later; else null.</param>
/// <param name="Kind"><c>accepted</c>, <c>committed</c>, <c>dead-lettered</c>, <c>file-deleted</c> or <c>clock-jump</c>.</param>
/// <param name="Text">What.</param>
public sealed record TimelineEvent(double? At, DateTimeOffset? Time, string Kind, string Text);
