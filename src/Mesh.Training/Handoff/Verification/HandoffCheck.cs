namespace Mesh.Training.Handoff.Verification;

/// <summary>A check of a bundle and how it ended.</summary>
/// <param name="Name">Name of the check.</param>
/// <param name="Looks">What it looks at, for people.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Reason">What was found, or why it was skipped.</param>
/// <param name="Findings">What is wrong.</param>
public sealed record HandoffCheck(string Name, string Looks, CheckStatus Status, string Reason, IReadOnlyList<HandoffFinding> Findings);
