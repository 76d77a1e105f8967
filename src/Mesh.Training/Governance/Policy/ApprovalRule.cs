namespace Mesh.Training.Governance.Policy;

/// <summary>Who has to agree.</summary>
/// <param name="People">Different people.</param>
/// <param name="Roles">Roles, each of which another of them must have.</param>
/// <param name="NotAuthor">Whether the owner of the topology whose rule asked for the job is left out.</param>
/// <param name="NotSubmitter">Whether whoever moved the version into the state before is left out.</param>
public sealed record ApprovalRule(int People, IReadOnlyList<string> Roles, bool NotAuthor, bool NotSubmitter);
