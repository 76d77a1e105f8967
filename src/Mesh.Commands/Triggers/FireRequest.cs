namespace Mesh.Commands.Triggers;

/// <summary>Asks for a firing by hand.</summary>
/// <param name="Reason">Why, for the record.</param>
public sealed record FireRequest(string Reason);
