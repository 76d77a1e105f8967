namespace Mesh.Commands.Jobs;

/// <summary>Asks for the end of a job or of its attempt.</summary>
/// <param name="Reason">Why, for the record.</param>
public sealed record StopRequest(string Reason);
