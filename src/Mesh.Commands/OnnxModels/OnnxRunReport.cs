namespace Mesh.Commands.OnnxModels;

/// <summary>One run of a model.</summary>
/// <param name="Runtime">What ran it.</param>
/// <param name="Outputs">What came out.</param>
public sealed record OnnxRunReport(string Runtime, IReadOnlyList<OnnxOutputReport> Outputs);
