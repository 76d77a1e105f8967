namespace Mesh.Training.Tracking.Layout;

/// <summary>A run found in MLflow's file layout.</summary>
/// <param name="Document">What was logged to it.</param>
/// <param name="Artifacts">Its artefacts: path below the run's artefacts, and the file.</param>
public sealed record LayoutRun(RunDocument Document, IReadOnlyList<(string Path, string File)> Artifacts);
