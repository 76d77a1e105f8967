using Mesh.Training.Governance.Gates;
using Mesh.Training.Governance.Policy;

namespace Mesh.Training.Governance;

/// <summary>What a decision would change, and who could make it, as of one moment. Looking changes nothing and evaluates nothing.</summary>
public sealed record DecisionPreview
{
    /// <summary>What it is about; empty when nobody could make it.</summary>
    public string Subject { get; init; } = "";

    /// <summary>Versions that would move.</summary>
    public IReadOnlyList<StateChange> Changes { get; init; } = [];

    /// <summary>Names that would move.</summary>
    public IReadOnlyList<AliasChange> Aliases { get; init; } = [];

    /// <summary>Gates that will be evaluated when it is drafted.</summary>
    public IReadOnlyList<GateRule> Gates { get; init; } = [];

    /// <summary>The newest evaluation of this move; null when there is none.</summary>
    public GateReport? Evaluation { get; init; }

    /// <summary>When that was; empty when there is none.</summary>
    public string EvaluatedAt { get; init; } = "";

    /// <summary>Identities with a valid key, those that may first, then by name; at most <see cref="MaxCandidates"/>.</summary>
    public IReadOnlyList<DecisionCandidate> Candidates { get; init; } = [];

    /// <summary>How many identities there are in all.</summary>
    public int CandidateCount { get; init; }

    /// <summary>Identities that are looked at.</summary>
    public const int MaxCandidates = 100;
}
