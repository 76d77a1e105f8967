namespace Mesh.Simulation;

/// <summary>A run of one manoeuvre in true time.</summary>
/// <param name="Label">Label as in the label channel.</param>
/// <param name="StartNs">First nanosecond.</param>
/// <param name="EndNs">First nanosecond after it.</param>
public sealed record ManoeuvreSegment(string Label, long StartNs, long EndNs);
