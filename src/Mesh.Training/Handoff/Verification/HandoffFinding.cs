namespace Mesh.Training.Handoff.Verification;

/// <summary>Something wrong with a bundle.</summary>
/// <param name="Code">Stable identifier of the rule that it breaks, see docs/handoff/README.md.</param>
/// <param name="File">File below the bundle.</param>
/// <param name="Problem">What is wrong.</param>
/// <param name="Meaning">What it means for a release.</param>
/// <param name="Remedy">What to do.</param>
public sealed record HandoffFinding(string Code, string File, string Problem, string Meaning, string Remedy);
