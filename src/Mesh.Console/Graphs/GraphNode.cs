namespace Mesh.Console.Graphs;

/// <summary>A node to be placed.</summary>
/// <param name="Id">Identity.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
public sealed record GraphNode(string Id, double Width, double Height);
