namespace Mesh.Training.Handoff.Evidence;

/// <summary>What an evaluation of a claim came to.</summary>
internal sealed record ClaimOutcome(ClaimStatus Status, string Reason, string? Owner = null)
{
    public IReadOnlyList<string> Evidence { get; init; } = [];

    public IReadOnlyList<string> Counter { get; init; } = [];

    public IReadOnlyList<string> CounterDecisions { get; init; } = [];

    public IReadOnlyList<Acceptance> Acceptance { get; init; } = [];
}
