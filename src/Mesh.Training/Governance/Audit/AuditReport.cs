namespace Mesh.Training.Governance.Audit;

/// <summary>What the examination of a decision log found.</summary>
/// <param name="Entries">Entries examined.</param>
/// <param name="Head">Hash of the last one; what to keep elsewhere to find entries missing at the end.</param>
/// <param name="Keys">Keys that signed, as <c>NAME FINGERPRINT</c>.</param>
/// <param name="TrustedKeys">Whether keys were given from outside; otherwise the log vouches for its own.</param>
/// <param name="Findings">What is wrong, by entry; none when the log is whole.</param>
public sealed record AuditReport(long Entries, string Head, IReadOnlyList<string> Keys, bool TrustedKeys, IReadOnlyList<AuditFinding> Findings)
{
    /// <summary>Whether nothing is wrong.</summary>
    public bool IsIntact => Findings.Count == 0;
}
