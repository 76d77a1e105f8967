namespace Mesh.Onnx.Runtime;

/// <summary>A library of ONNX Runtime that Mesh installed.</summary>
/// <param name="Version">Version of the package.</param>
/// <param name="Platform">Platform, for example <c>linux-x64</c>.</param>
/// <param name="Integrity">Digest of the archive it came from.</param>
/// <param name="Path">File of the library.</param>
/// <param name="IsNew">Whether it was put there just now, rather than found.</param>
public sealed record OrtInstallation(string Version, string Platform, string Integrity, string Path, bool IsNew);
