namespace Mesh.Training.Governance;

/// <summary>A version's move, as decisions carry it.</summary>
/// <param name="Model"><c>NAME@VERSION</c>.</param>
/// <param name="From">State before.</param>
/// <param name="To">State after.</param>
public sealed record StateChange(string Model, string From, string To);
