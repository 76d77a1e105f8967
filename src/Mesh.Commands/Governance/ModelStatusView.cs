using Mesh.Training.Governance;

namespace Mesh.Commands.Governance;

/// <summary>Where a version is in its lifecycle.</summary>
/// <param name="Model"><c>NAME@VERSION</c>.</param>
/// <param name="State">State.</param>
/// <param name="Next">States that it may go to.</param>
/// <param name="Aliases">Names that mean it.</param>
/// <param name="AwaitsApprovalTo">State for which approvals are collected; empty for none.</param>
/// <param name="Approvals">Approvals that count.</param>
/// <param name="MissingApprovals">What is missing; null when nothing is.</param>
/// <param name="Decisions">Everything decided about it, gates included, oldest first.</param>
public sealed record ModelStatusView(
    string Model, string State, IReadOnlyList<string> Next, IReadOnlyList<string> Aliases, string AwaitsApprovalTo, IReadOnlyList<ApprovalView> Approvals,
    string? MissingApprovals, IReadOnlyList<DecisionView> Decisions);
