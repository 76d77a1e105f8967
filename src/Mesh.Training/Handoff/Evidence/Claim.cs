namespace Mesh.Training.Handoff.Evidence;

/// <summary>Something that is said of the model, and what shows it.</summary>
public sealed record Claim
{
    /// <summary>Identity.</summary>
    public required string Id { get; init; }

    /// <summary>Requirements it is for.</summary>
    public required IReadOnlyList<string> RequirementIds { get; init; }

    /// <summary>What is said.</summary>
    public required string Text { get; init; }

    /// <summary>What became of it.</summary>
    public required ClaimStatus Status { get; init; }

    /// <summary>Why, for people.</summary>
    public required string Reason { get; init; }

    /// <summary>Who has to close it; null when it passed.</summary>
    public string? Owner { get; init; }

    /// <summary>What shows it.</summary>
    public required IReadOnlyList<string> EvidenceIds { get; init; }

    /// <summary>What speaks against it.</summary>
    public required IReadOnlyList<string> CounterEvidenceIds { get; init; }

    /// <summary>Decisions that speak against it, by hash: evaluations of gates that did not pass.</summary>
    public required IReadOnlyList<string> CounterDecisions { get; init; }

    /// <summary>Numbers it rests on; judged by the end of the interval, not by the value.</summary>
    public required IReadOnlyList<Acceptance> Acceptance { get; init; }

    /// <summary>What establishes it anew.</summary>
    public required ClaimVerifier Verifier { get; init; }

    /// <summary>Set exactly when it is waived.</summary>
    public Waiver? Waiver { get; init; }
}
