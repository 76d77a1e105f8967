namespace Mesh.Console.Pages.Lineage;

/// <summary>Things and what comes of what. Edges lead from what was there first.</summary>
public sealed class LineageGraph
{
    private readonly Dictionary<string, LineageNode> nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedSet<string>> down = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedSet<string>> up = new(StringComparer.Ordinal);

    /// <summary>All things.</summary>
    public IReadOnlyCollection<LineageNode> Nodes => nodes.Values;

    /// <summary>Adds a thing; one that is known stays as it is.</summary>
    /// <returns>Its key.</returns>
    public string Add(LineageNode node)
    {
        nodes.TryAdd(node.Key, node);
        return node.Key;
    }

    /// <summary>Notes that one thing comes of another.</summary>
    public void Connect(string from, string to)
    {
        if (from == to) return;
        Neighbours(down, from).Add(to);
        Neighbours(up, to).Add(from);
    }

    /// <summary>The thing of a key; null when there is none.</summary>
    public LineageNode? Find(string key) => nodes.GetValueOrDefault(key);

    /// <summary>What comes of a thing, one step on.</summary>
    public IReadOnlyCollection<string> Down(string key) => down.GetValueOrDefault(key) ?? [];

    /// <summary>What a thing comes from, one step back.</summary>
    public IReadOnlyCollection<string> Up(string key) => up.GetValueOrDefault(key) ?? [];

    /// <summary>All that comes of a thing, nearest first, with the number of steps.</summary>
    public IReadOnlyList<(LineageNode Node, int Steps)> Impact(string key)
    {
        var steps = new Dictionary<string, int>(StringComparer.Ordinal) { [key] = 0 };
        var queue = new Queue<string>([key]);
        var found = new List<(LineageNode, int)>();
        while (queue.TryDequeue(out string? next))
        {
            foreach (string child in Down(next))
            {
                if (!steps.TryAdd(child, steps[next] + 1)) continue;
                queue.Enqueue(child);
                found.Add((nodes[child], steps[child]));
            }
        }

        return found;
    }

    private static SortedSet<string> Neighbours(Dictionary<string, SortedSet<string>> edges, string key)
    {
        if (!edges.TryGetValue(key, out var known)) edges[key] = known = new SortedSet<string>(StringComparer.Ordinal);
        return known;
    }
}
