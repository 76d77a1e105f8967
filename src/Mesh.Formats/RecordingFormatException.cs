using Mesh.Model;

namespace Mesh.Formats;

/// <summary>A file is not a recording of a known format, or breaks it so early that nothing can be read.</summary>
public sealed class RecordingFormatException(string code, string message) : MeshException(code, message);
