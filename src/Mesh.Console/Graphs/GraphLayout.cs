namespace Mesh.Console.Graphs;

/// <summary>A graph with every node and edge in its place.</summary>
/// <param name="Nodes">The nodes, column by column and each from top to bottom: the order in which they are read.</param>
/// <param name="Edges">The edges, in the order they were given.</param>
/// <param name="Width">Width of the whole, in pixels.</param>
/// <param name="Height">Height of the whole, in pixels.</param>
/// <param name="Crossings">How often edges cross between columns, those that lead back apart.</param>
public sealed record GraphLayout(IReadOnlyList<PlacedNode> Nodes, IReadOnlyList<PlacedEdge> Edges, double Width, double Height, long Crossings)
{
    /// <summary>Space between the nodes of neighbouring columns, in pixels.</summary>
    public const double LayerGap = 76;

    /// <summary>Least space between the nodes of a column, in pixels.</summary>
    public const double NodeGap = 14;

    /// <summary>Space around everything, in pixels.</summary>
    public const double Margin = 16;

    /// <summary>
    /// Places nodes in columns so that edges lead from left to right. The same graph, in the same order, always looks the same.
    /// </summary>
    /// <param name="nodes">Nodes, each id once. Their order is the one a column has where nothing else decides.</param>
    /// <param name="edges">Edges between them. One whose ends are not among the nodes is left out; those that close a cycle lead back.</param>
    public static GraphLayout Of(IReadOnlyList<GraphNode> nodes, IReadOnlyList<GraphEdge> edges)
    {
        if (nodes.Count == 0) return new GraphLayout([], [], 0, 0, 0);
        var graph = new LayeredGraph(nodes, edges);
        LayerOrder.Reduce(graph);
        LayerCoordinates.Assign(graph);
        return new EdgeRouter(graph).Route();
    }
}
