namespace Mesh.Commands.Queries;

/// <summary>A part of the server.</summary>
/// <param name="Name">The stage's verb.</param>
/// <param name="State"><c>running</c>, <c>restarting</c> or <c>stopped</c>.</param>
/// <param name="Restarts">How often it had to be started again.</param>
/// <param name="LastError">Why, the last time.</param>
public sealed record StageView(string Name, string State, int Restarts, string? LastError);
