namespace Mesh.Synchronise.Clocks;

/// <summary>Why stamps give no clock model.</summary>
/// <param name="Code">Stable code, <c>MESH3201</c> to <c>MESH3211</c>.</param>
/// <param name="Reason">A sentence for people: what was found, what was expected, what may be the cause.</param>
public sealed record ClockRefusal(string Code, string Reason);
