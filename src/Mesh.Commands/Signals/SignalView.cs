namespace Mesh.Commands.Signals;

/// <summary>A signal: one number, truth value or text of a channel over the time of a recording.</summary>
/// <param name="Name"><c>CHANNEL:COLUMN</c>, followed by <c>@TABLE</c> where two tables have the same; how every request names it.</param>
/// <param name="Channel">Channel as recorded.</param>
/// <param name="Table">Table that holds its samples.</param>
/// <param name="Column">Path of the column, an element of a small array as <c>path[3]</c>.</param>
/// <param name="Unit">Unit as the schema or the message definition has it; null when nobody says.</param>
/// <param name="Kind">How it is drawn.</param>
/// <param name="Samples">Samples with a value; 0 while that is not known.</param>
/// <param name="State">Whether it can be drawn now.</param>
/// <param name="Reason">Why it cannot, for a person; null when it can.</param>
public sealed record SignalView(
    string Name, string Channel, string Table, string Column, string? Unit, SignalKind Kind, long Samples, SignalState State, string? Reason = null);
