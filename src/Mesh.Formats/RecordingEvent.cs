namespace Mesh.Formats;

/// <summary>A mark on the time line of a recording.</summary>
/// <param name="Name">Name; may be empty.</param>
/// <param name="Kind">The format's word for it: <c>trigger</c>, <c>marker</c>, <c>recording begin</c> ...</param>
/// <param name="TimeNs">When, nanoseconds since 1970; null when it is placed by something other than time.</param>
/// <param name="Comment">Free text; may be empty.</param>
public sealed record RecordingEvent(string Name, string Kind, ulong? TimeNs, string Comment);
