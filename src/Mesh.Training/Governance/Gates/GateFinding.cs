using Mesh.Training.Models;

namespace Mesh.Training.Governance.Gates;

/// <summary>What a gate of a transition found.</summary>
public sealed record GateFinding
{
    /// <summary>The gate as the lifecycle writes it: <c>metric</c>, <c>consent</c> and so on.</summary>
    public required string Gate { get; init; }

    /// <summary>What it looked at, for people.</summary>
    public required string Name { get; init; }

    /// <summary>What it found, as text; null when there was nothing.</summary>
    public string? Value { get; init; }

    /// <summary>What was asked for.</summary>
    public required string Bound { get; init; }

    /// <summary>Whether the condition holds.</summary>
    public required GateOutcome Outcome { get; init; }

    /// <summary>Whether it stops the transition. A gate that could not be evaluated does, unless there is nothing yet that it could compare with.</summary>
    public required bool Blocks { get; init; }

    /// <summary>Why, for people.</summary>
    public required string Reason { get; init; }

    /// <summary>SHA-256 of what it looked at: a file of the version, or the canonical form of what the registry knows.</summary>
    public required string EvidenceSha256 { get; init; }

    /// <summary>Recordings it is about; the first thousand.</summary>
    public IReadOnlyList<string> Recordings { get; init; } = [];
}
