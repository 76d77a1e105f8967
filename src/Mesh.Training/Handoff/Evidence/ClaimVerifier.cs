namespace Mesh.Training.Handoff.Evidence;

/// <summary>What establishes a claim anew.</summary>
/// <param name="Argv">Program and arguments, run in the bundle's folder without a shell.</param>
/// <param name="ExpectedExitCode">Exit code when the claim holds.</param>
/// <param name="ToolId">Its tool record.</param>
public sealed record ClaimVerifier(IReadOnlyList<string> Argv, int ExpectedExitCode, string ToolId);
