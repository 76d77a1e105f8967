namespace Mesh.Training.Governance.Audit;

/// <summary>Something wrong with a decision log.</summary>
/// <param name="Sequence">The entry; 0 when it is about the log as a whole.</param>
/// <param name="Problem">What is wrong, for people.</param>
public sealed record AuditFinding(long Sequence, string Problem);
