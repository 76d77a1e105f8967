namespace Mesh.Training.Governance.Audit;

/// <summary>What a decision rests on.</summary>
/// <param name="Name">A file of the version, <c>evaluation.json</c>, or what was looked at, <c>gates</c>.</param>
/// <param name="Sha256">Of its bytes, or of the canonical form of what was looked at; lower-case hex.</param>
public sealed record Evidence(string Name, string Sha256);
