namespace Mesh.Training.Handoff;

/// <summary>The version that is handed over.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Version">Version.</param>
/// <param name="State">Where it is in its lifecycle.</param>
/// <param name="Sha256">SHA-256 of its ONNX file, lower-case hex: what was evaluated, approved and is shipped.</param>
/// <param name="Bytes">Size of that file.</param>
/// <param name="RegisteredAt">When the result was registered.</param>
public sealed record HandoffSubject(string Name, int Version, string State, string Sha256, long Bytes, DateTimeOffset RegisteredAt);
