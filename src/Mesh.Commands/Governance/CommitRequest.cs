using Mesh.Training.Governance;

namespace Mesh.Commands.Governance;

/// <summary>A signed decision.</summary>
/// <param name="Request">What was asked for.</param>
/// <param name="Entry">The entry as it was drafted.</param>
/// <param name="Signature">ECDSA P-256 with SHA-256 over its UTF-8 bytes, DER, Base64.</param>
public sealed record CommitRequest(GovernanceRequest Request, string Entry, string Signature);
