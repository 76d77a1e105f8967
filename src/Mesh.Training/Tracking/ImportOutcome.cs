namespace Mesh.Training.Tracking;

/// <summary>What became of a run that was brought.</summary>
/// <param name="RunId">The run.</param>
/// <param name="IsNew">False when there was a run of that id before: it stays as it is.</param>
/// <param name="TakesArtifacts">Whether its artefacts may be brought too.</param>
public sealed record ImportOutcome(string RunId, bool IsNew, bool TakesArtifacts);
