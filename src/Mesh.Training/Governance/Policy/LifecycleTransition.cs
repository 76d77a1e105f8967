namespace Mesh.Training.Governance.Policy;

/// <summary>A move from one state to another.</summary>
public sealed record LifecycleTransition
{
    /// <summary>States it begins in.</summary>
    public required IReadOnlyList<string> From { get; init; }

    /// <summary>State it ends in.</summary>
    public required string To { get; init; }

    /// <summary>Roles of which the actor needs one; empty: any identity.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>Conditions; all must hold.</summary>
    public IReadOnlyList<GateRule> Gates { get; init; } = [];

    /// <summary>Who has to agree; null for nobody.</summary>
    public ApprovalRule? Approvals { get; init; }
}
