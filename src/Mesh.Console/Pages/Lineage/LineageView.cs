using Mesh.Console.Graphs;

namespace Mesh.Console.Pages.Lineage;

/// <summary>The part of the lineage that is shown: around a focus, and where somebody has opened it further.</summary>
/// <param name="Focus">The thing in focus.</param>
/// <param name="Nodes">Things shown, the focus among them.</param>
/// <param name="Edges">What comes of what among them.</param>
/// <param name="Hidden">Neighbours that are not shown, by key; 0 where all are.</param>
public sealed record LineageView(LineageNode Focus, IReadOnlyList<LineageNode> Nodes, IReadOnlyList<GraphEdge> Edges, IReadOnlyDictionary<string, int> Hidden)
{
    /// <summary>Things that are shown at most.</summary>
    public const int MaxNodes = 120;

    /// <summary>Neighbours of one thing that are shown at once.</summary>
    public const int MaxNeighbours = 20;

    /// <summary>Chooses it.</summary>
    /// <param name="graph">All of the lineage.</param>
    /// <param name="focus">Key of the thing in focus.</param>
    /// <param name="up">Steps back.</param>
    /// <param name="down">Steps on.</param>
    /// <param name="opened">Keys whose neighbours are shown too.</param>
    public static LineageView Of(LineageGraph graph, string focus, int up, int down, IReadOnlyList<string> opened)
    {
        var shown = new HashSet<string>(StringComparer.Ordinal) { focus };
        Walk(focus, up, graph.Up);
        Walk(focus, down, graph.Down);
        foreach (string key in opened.Where(shown.Contains))
        {
            Walk(key, 1, graph.Up);
            Walk(key, 1, graph.Down);
        }

        var nodes = shown.Select(key => graph.Find(key)!).ToList();
        return new LineageView(
            graph.Find(focus)!, nodes, [.. shown.SelectMany(from => graph.Down(from).Where(shown.Contains).Select(to => new GraphEdge(from, to)))],
            shown.ToDictionary(key => key, key => graph.Up(key).Concat(graph.Down(key)).Count(neighbour => !shown.Contains(neighbour))));

        void Walk(string start, int steps, Func<string, IReadOnlyCollection<string>> next)
        {
            IReadOnlyList<string> level = [start];
            for (int step = 0; step < steps; step++)
            {
                level = [.. level.SelectMany(key => next(key).Take(MaxNeighbours)).Where(key => shown.Count < MaxNodes && shown.Add(key))];
            }
        }
    }
}
