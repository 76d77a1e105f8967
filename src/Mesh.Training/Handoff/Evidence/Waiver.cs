namespace Mesh.Training.Handoff.Evidence;

/// <summary>A claim that does not hold, accepted by a person for a time.</summary>
/// <param name="ApprovedBy">The person.</param>
/// <param name="Role">In which role.</param>
/// <param name="Reason">Why.</param>
/// <param name="ExpiresAt">Until when.</param>
/// <param name="ApprovalEvidenceId">Where that is on record.</param>
public sealed record Waiver(EvidenceActor ApprovedBy, string Role, string Reason, DateTimeOffset ExpiresAt, string ApprovalEvidenceId);
