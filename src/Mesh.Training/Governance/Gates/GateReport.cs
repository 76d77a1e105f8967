namespace Mesh.Training.Governance.Gates;

/// <summary>What the gates of a transition found.</summary>
/// <param name="Model"><c>NAME@VERSION</c>.</param>
/// <param name="From">State it is in.</param>
/// <param name="To">State it would go to.</param>
/// <param name="Findings">The gates, in the lifecycle's order.</param>
public sealed record GateReport(string Model, string From, string To, IReadOnlyList<GateFinding> Findings)
{
    /// <summary>Whether no gate stops the transition.</summary>
    public bool Passed => Findings.All(finding => !finding.Blocks);
}
