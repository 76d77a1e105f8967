namespace Mesh.Onnx.Runtime;

/// <summary>A library of ONNX Runtime that was found on this machine.</summary>
/// <param name="Path">The file.</param>
/// <param name="Source">Where it was found.</param>
/// <param name="Version">Its version; null when it cannot be used.</param>
/// <param name="Providers">Providers built into it, in its order of preference.</param>
/// <param name="Problem">Why it cannot be used; null when it can.</param>
public sealed record FoundOnnxRuntime(string Path, OnnxRuntimeSource Source, string? Version, IReadOnlyList<string> Providers, string? Problem);
