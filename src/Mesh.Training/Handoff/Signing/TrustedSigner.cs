namespace Mesh.Training.Handoff.Signing;

/// <summary>A key that the receiving side trusts.</summary>
/// <param name="Name">Whose it is.</param>
/// <param name="KeySha256">Its fingerprint: SHA-256 of the SubjectPublicKeyInfo in DER, lower-case hex.</param>
/// <param name="PublicKey">The public key in PEM.</param>
/// <param name="Builders">Builders for whose provenance it may sign; none for a person's key.</param>
public sealed record TrustedSigner(string Name, string KeySha256, string PublicKey, IReadOnlyList<string> Builders);
