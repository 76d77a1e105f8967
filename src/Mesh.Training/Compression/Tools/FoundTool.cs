namespace Mesh.Training.Compression.Tools;

/// <summary>A vendor's tool that is at hand.</summary>
/// <param name="Name">Its name in commands.</param>
/// <param name="Path">Where it is.</param>
internal sealed record FoundTool(string Name, string Path);
