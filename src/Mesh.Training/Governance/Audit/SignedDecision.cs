namespace Mesh.Training.Governance.Audit;

/// <summary>An entry as it is kept.</summary>
/// <param name="Text">The canonical form.</param>
/// <param name="Hash">SHA-256 of it, lower-case hex.</param>
/// <param name="Signature">ECDSA P-256 over that hash, DER (RFC 3279), Base64.</param>
public sealed record SignedDecision(string Text, string Hash, string Signature)
{
    /// <summary>The entry.</summary>
    public Decision Decision => Decision.Parse(Text);
}
