namespace Mesh.Training.Governance;

/// <summary>An approval that counts.</summary>
/// <param name="Actor">Identity.</param>
/// <param name="Person">Person behind it.</param>
/// <param name="Roles">Roles it had.</param>
/// <param name="At">When.</param>
/// <param name="Reason">Why.</param>
/// <param name="Hash">Hash of the entry.</param>
public sealed record ApprovalView(string Actor, string Person, IReadOnlyList<string> Roles, string At, string Reason, string Hash);
