namespace Mesh.Commands.OnnxModels;

/// <summary>A value of a model.</summary>
/// <param name="Name">Name.</param>
/// <param name="Type">Element type and sizes, for example <c>Float[batch, 3]</c>.</param>
public sealed record OnnxValueReport(string Name, string Type);
