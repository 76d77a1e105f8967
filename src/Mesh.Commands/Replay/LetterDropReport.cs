namespace Mesh.Commands.Replay;

/// <summary>What was given up.</summary>
/// <param name="Letters">Letters dropped.</param>
/// <param name="Messages">Messages they stood for.</param>
/// <param name="Reason">Why.</param>
public sealed record LetterDropReport(int Letters, long Messages, string Reason);
