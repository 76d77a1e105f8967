namespace Mesh.Training.Governance.Lineage;

/// <summary>A version that has seen recordings one asks about.</summary>
/// <param name="Model"><c>NAME@VERSION</c>.</param>
/// <param name="State">Where it is in its lifecycle.</param>
/// <param name="Sha256">SHA-256 of its file.</param>
/// <param name="RegisteredAt">When it was registered.</param>
/// <param name="Recordings">Those of the recordings that it has seen.</param>
public sealed record AffectedModel(string Model, string State, string Sha256, DateTimeOffset RegisteredAt, IReadOnlyList<string> Recordings);
