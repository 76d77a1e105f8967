namespace Mesh.Commands.Replay;

/// <summary>What a replay of dead letters would take.</summary>
/// <param name="Steps">Recordings that it reads again.</param>
/// <param name="Refused">Letters that cannot be replayed, and why.</param>
/// <param name="Through">Topology that decodes, <c>NAME@V</c>; empty for the one each letter came from, as it was applied last.</param>
public sealed record LetterReplayPlan(IReadOnlyList<LetterReplayStep> Steps, IReadOnlyList<LetterRefusal> Refused, string Through);
