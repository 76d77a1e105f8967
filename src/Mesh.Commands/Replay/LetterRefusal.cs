namespace Mesh.Commands.Replay;

/// <summary>Letters that cannot be replayed.</summary>
/// <param name="IngestId">Their recording; empty for records that are no events of their kind.</param>
/// <param name="Topology">Their topology, <c>NAME@V</c>; empty likewise.</param>
/// <param name="Letters">How many.</param>
/// <param name="Code">Code of the reason.</param>
/// <param name="Reason">Why, and what can be done.</param>
/// <param name="IsTransient">Whether it may work later.</param>
public sealed record LetterRefusal(string IngestId, string Topology, int Letters, string Code, string Reason, bool IsTransient = false);
