namespace Mesh.Training.Jobs;

/// <summary>Recordings that a job must not learn from, and may report results on.</summary>
/// <param name="Name">Name of the frozen hold-out.</param>
/// <param name="Digest">Of what was frozen; a trainer repeats it beside its results.</param>
/// <param name="Recordings">Ingest ids.</param>
public sealed record JobHoldout(string Name, string Digest, IReadOnlyList<string> Recordings);
