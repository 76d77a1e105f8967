using Mesh.Commands.Flow;
using Mesh.Console.Components;
using Mesh.Console.Graphs;

namespace Mesh.Console.Pages.Flow;

/// <summary>The part of the graph that is shown, with siblings put together, in its places.</summary>
public sealed class FlowPicture
{
    /// <summary>Most nodes that are drawn; more cannot be taken in.</summary>
    public const int MaxNodes = 300;

    /// <summary>Siblings from which they are shown as one.</summary>
    public const int MaxSiblings = 20;


    private FlowPicture(IReadOnlyList<FlowNode> nodes, IReadOnlyList<FlowEdge> edges, FlowNode? chosen, IReadOnlySet<string> path, int total)
    {
        Nodes = nodes.ToDictionary(node => node.Id, StringComparer.Ordinal);
        Edges = edges;
        Chosen = chosen;
        Path = path;
        Total = total;
        IsTooLarge = nodes.Count > MaxNodes;
        Layout = IsTooLarge
            ? new GraphLayout([], [], 0, 0, 0)
            : GraphLayout.Of([.. nodes.Select(node => FlowShape.Size(node))], [.. edges.Select(edge => new GraphEdge(edge.From, edge.To))]);
    }

    /// <summary>Nodes shown, by id.</summary>
    public IReadOnlyDictionary<string, FlowNode> Nodes { get; }

    /// <summary>Edges shown.</summary>
    public IReadOnlyList<FlowEdge> Edges { get; }

    /// <summary>The chosen node; null for none.</summary>
    public FlowNode? Chosen { get; }

    /// <summary>Ids on the way to and from the chosen node; empty without one.</summary>
    public IReadOnlySet<string> Path { get; }

    /// <summary>Nodes that the whole graph has.</summary>
    public int Total { get; }

    /// <summary>Whether there are more than can be drawn.</summary>
    public bool IsTooLarge { get; }

    /// <summary>Where everything is; empty when there is too much.</summary>
    public GraphLayout Layout { get; }

    /// <summary>Ids of groups begin so.</summary>
    public const string GroupPrefix = "group:";

    /// <summary>Whether an edge is on the way to or from the chosen node.</summary>
    public bool IsOnPath(GraphEdge edge) => Path.Contains(edge.From) && Path.Contains(edge.To);

    /// <summary>Makes it.</summary>
    public static FlowPicture Of(FlowView view, FlowChoice choice)
    {
        var chosen = view.Nodes.FirstOrDefault(node => node.Id == choice.Node);
        IEnumerable<FlowNode> shown = view.Nodes;
        if (choice.Topology is { } topology) shown = shown.Where(node => node.Topology.Length == 0 || node.Topology == topology);
        if (choice.OnlyUnwell)
        {
            var unwell = view.Nodes.Where(node => node.Health >= FlowHealth.Late).Select(node => node.Id).ToHashSet(StringComparer.Ordinal);
            var near = view.Edges.SelectMany(edge => unwell.Contains(edge.From) ? [edge.To] : unwell.Contains(edge.To) ? [edge.From] : Array.Empty<string>()).ToHashSet(StringComparer.Ordinal);
            shown = shown.Where(node => unwell.Contains(node.Id) || near.Contains(node.Id));
        }

        if (chosen is not null && choice.Depth is { } depth)
        {
            var near = FlowPath.Around(view, chosen, depth);
            shown = shown.Where(node => near.Contains(node.Id));
        }

        var nodes = shown.ToList();
        var ids = nodes.Select(node => node.Id).ToHashSet(StringComparer.Ordinal);
        var edges = view.Edges.Where(edge => ids.Contains(edge.From) && ids.Contains(edge.To)).ToList();
        (nodes, edges) = PutTogether(nodes, edges, choice);
        var path = chosen is null ? new HashSet<string>() : FlowPath.Through(new FlowView(nodes, edges, [], null, default), chosen);
        return new FlowPicture(nodes, edges, chosen, path, view.Nodes.Count);
    }

    // Siblings are of one kind and come from the same nodes. What is not well, or chosen, stays in sight.
    private static (List<FlowNode> Nodes, List<FlowEdge> Edges) PutTogether(List<FlowNode> nodes, List<FlowEdge> edges, FlowChoice choice)
    {
        var sources = edges.ToLookup(edge => edge.To, edge => edge.From);
        var groupOf = new Dictionary<string, string>(StringComparer.Ordinal);
        var groups = new Dictionary<string, FlowNode>(StringComparer.Ordinal);
        foreach (var siblings in nodes.GroupBy(node => (node.Kind, From: string.Join('\n', sources[node.Id].Order(StringComparer.Ordinal)))).Where(siblings => siblings.Key.From.Length > 0))
        {
            var hidden = siblings.Where(node => node.Health < FlowHealth.Late && node.Id != choice.Node).ToList();
            if (hidden.Count <= MaxSiblings) continue;
            string id = $"{GroupPrefix}{siblings.Key.Kind.ToString().ToLowerInvariant()}:{siblings.Key.From.Split('\n')[0]}";
            if (choice.Expanded.Contains(id) || groups.ContainsKey(id)) continue;
            string topology = hidden.Select(node => node.Topology).Distinct().Take(2).ToArray() is [var only] ? only : "";
            groups.Add(id, new FlowNode(id, siblings.Key.Kind, $"{Format.Count(hidden.Count)} {FlowText.Words(siblings.Key.Kind)}")
            {
                Detail = "show each", Topology = topology, Health = hidden.Max(node => node.Health),
            });
            foreach (var node in hidden) groupOf.Add(node.Id, id);
        }

        if (groups.Count == 0) return (nodes, edges);
        var placed = new HashSet<string>(StringComparer.Ordinal);
        var shown = new List<FlowNode>();
        foreach (var node in nodes)
        {
            if (!groupOf.TryGetValue(node.Id, out string? group)) shown.Add(node);
            else if (placed.Add(group)) shown.Add(groups[group]);
        }

        return (shown, [.. edges.Select(edge => edge with { From = groupOf.GetValueOrDefault(edge.From, edge.From), To = groupOf.GetValueOrDefault(edge.To, edge.To) })
            .Where(edge => edge.From != edge.To).DistinctBy(edge => (edge.From, edge.To))]);
    }
}
