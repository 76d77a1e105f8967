namespace Mesh.Commands.OnnxModels;

/// <summary>A node of a model.</summary>
/// <param name="Name">Name; may be empty.</param>
/// <param name="Operator">Operator.</param>
/// <param name="Outputs">What it computes.</param>
public sealed record OnnxNodeReport(string Name, string Operator, IReadOnlyList<OnnxValueReport> Outputs);
