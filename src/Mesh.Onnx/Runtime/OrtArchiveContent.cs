namespace Mesh.Onnx.Runtime;

/// <summary>What an archive of onnxruntime-node holds.</summary>
/// <param name="Version">Version of the package.</param>
/// <param name="Platforms">Platforms it has a library for, for example <c>linux-x64</c>.</param>
internal sealed record OrtArchiveContent(string Version, IReadOnlyCollection<string> Platforms);
