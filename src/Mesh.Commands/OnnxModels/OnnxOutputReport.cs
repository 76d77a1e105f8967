namespace Mesh.Commands.OnnxModels;

/// <summary>An output of a run.</summary>
/// <param name="Name">Name.</param>
/// <param name="Type">Element type and sizes.</param>
/// <param name="Min">Smallest element; null when there is none or they are not floats.</param>
/// <param name="Max">Largest element.</param>
/// <param name="Mean">Mean of the elements.</param>
/// <param name="File">Where it was written.</param>
public sealed record OnnxOutputReport(string Name, string Type, double? Min, double? Max, double? Mean, string? File);
