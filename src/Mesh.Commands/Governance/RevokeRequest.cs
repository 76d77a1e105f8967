namespace Mesh.Commands.Governance;

/// <summary>A key that is to lose its validity.</summary>
/// <param name="KeySha256">Its fingerprint.</param>
/// <param name="Reason">Why.</param>
public sealed record RevokeRequest(string KeySha256, string Reason);
