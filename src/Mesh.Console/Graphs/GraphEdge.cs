namespace Mesh.Console.Graphs;

/// <summary>An edge to be drawn.</summary>
/// <param name="From">Id of the node it leaves.</param>
/// <param name="To">Id of the node it reaches.</param>
public sealed record GraphEdge(string From, string To);
