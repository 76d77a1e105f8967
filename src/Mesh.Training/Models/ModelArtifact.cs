namespace Mesh.Training.Models;

/// <summary>A file of a trainer's result.</summary>
/// <param name="Path">Relative to the output folder, with <c>/</c>.</param>
/// <param name="Sha256">Lower-case hex.</param>
/// <param name="Bytes">Size.</param>
public sealed record ModelArtifact(string Path, string Sha256, long Bytes);
