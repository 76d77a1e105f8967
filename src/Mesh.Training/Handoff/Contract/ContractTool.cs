namespace Mesh.Training.Handoff.Contract;

/// <summary>A vendor's tool that makes, or made, what the target loads.</summary>
/// <param name="Program">The program.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Version">What the tool says of its version; <c>unknown</c> when it was not run here.</param>
/// <param name="Ran">Whether it was run before the hand-off.</param>
public sealed record ContractTool(string Program, IReadOnlyList<string> Arguments, string Version, bool Ran);
