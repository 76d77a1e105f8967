namespace Mesh.Training.Tracking.Artifacts;

/// <summary>A file or folder among a run's artefacts.</summary>
/// <param name="Path">Path below the run's artefacts, with '/'.</param>
/// <param name="IsFolder">Whether it is a folder.</param>
/// <param name="Bytes">Size; 0 for a folder.</param>
public sealed record ArtifactEntry(string Path, bool IsFolder, long Bytes);
