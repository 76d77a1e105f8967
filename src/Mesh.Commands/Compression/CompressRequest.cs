namespace Mesh.Commands.Compression;

/// <summary>Asks for a compression by hand.</summary>
/// <param name="Profiles">Names of profiles; empty for all.</param>
public sealed record CompressRequest(IReadOnlyList<string> Profiles);
