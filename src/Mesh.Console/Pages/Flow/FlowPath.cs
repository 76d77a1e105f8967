using Mesh.Commands.Flow;

namespace Mesh.Console.Pages.Flow;

/// <summary>
/// What data passes on its way to a node and from it. All topologies share some nodes; a way that begins in one topology does not go on into
/// another's through them.
/// </summary>
internal static class FlowPath
{
    /// <summary>Everything on the way through a node.</summary>
    public static IReadOnlySet<string> Through(FlowView view, FlowNode node)
    {
        var found = Walk(view, node, view.Edges.ToLookup(edge => edge.To, edge => edge.From), int.MaxValue);
        found.UnionWith(Walk(view, node, view.Edges.ToLookup(edge => edge.From, edge => edge.To), int.MaxValue));
        return found;
    }

    /// <summary>Everything at most so many steps before or behind a node.</summary>
    public static IReadOnlySet<string> Around(FlowView view, FlowNode node, int depth)
    {
        var found = Walk(view, node, view.Edges.ToLookup(edge => edge.To, edge => edge.From), depth);
        found.UnionWith(Walk(view, node, view.Edges.ToLookup(edge => edge.From, edge => edge.To), depth));
        return found;
    }

    // Replay leads everything back to the beginning, so a way ends there.
    private static HashSet<string> Walk(FlowView view, FlowNode from, ILookup<string, string> next, int depth)
    {
        const string End = "stage:replay";
        var nodes = view.Nodes.ToDictionary(node => node.Id, StringComparer.Ordinal);
        var found = new HashSet<string>(StringComparer.Ordinal) { from.Id };
        var queue = new Queue<(string Id, int Steps)>([(from.Id, 0)]);
        while (queue.TryDequeue(out var at))
        {
            if (at.Steps == depth || (at.Id == End && at.Steps > 0)) continue;
            foreach (string id in next[at.Id])
            {
                bool isForeign = from.Topology.Length > 0 && nodes.TryGetValue(id, out var node) && node.Topology.Length > 0 && node.Topology != from.Topology;
                if (!isForeign && found.Add(id)) queue.Enqueue((id, at.Steps + 1));
            }
        }

        return found;
    }
}
