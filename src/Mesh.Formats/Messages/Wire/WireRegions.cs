namespace Mesh.Formats.Messages.Wire;

/// <summary>
/// Which builders grow together: all that get one value per row, or per element of one list, form a region with one count of rows. Short
/// arrays of plain numbers belong to the region of their list, with as many values per row as the array has elements.
/// </summary>
internal sealed class WireRegions
{
    private const int MaxInlineBytes = 1024;

    private readonly List<List<int>> slots = [[]];

    public WireRegions(WirePlan plan)
    {
        PerRow = new int[plan.Slots.Length];
        Nodes = new WireNode[plan.Slots.Length];
        ElementRegions = new int[plan.Slots.Length];
        foreach (var member in plan.Root.Members) Assign(member, 0);
        Slots = [.. slots.Select(region => region.ToArray())];
    }

    /// <summary>Slots by region; region 0 is the row.</summary>
    public int[][] Slots { get; }

    /// <summary>Values per row of the region, by slot.</summary>
    public int[] PerRow { get; }

    /// <summary>Node by slot.</summary>
    public WireNode[] Nodes { get; }

    /// <summary>Region of a list's elements, by the list's slot; 0 when they are in the list's own.</summary>
    public int[] ElementRegions { get; }

    public static bool IsInline(WireNode node) =>
        node is { Kind: WireKind.List, Element.Kind: WireKind.Float64 or WireKind.Float32 or WireKind.Int32 or WireKind.Int64, FixedCount: > 0 }
        && node.FixedCount * node.Element.Width <= MaxInlineBytes;

    private void Assign(WireNode node, int region, int perRow = 1)
    {
        slots[region].Add(node.Slot);
        PerRow[node.Slot] = perRow;
        Nodes[node.Slot] = node;
        foreach (var member in node.Members) Assign(member, region);
        if (node.Element is not { } element) return;
        if (IsInline(node))
        {
            Assign(element, region, (int)node.FixedCount);
            return;
        }

        slots.Add([]);
        ElementRegions[node.Slot] = slots.Count - 1;
        Assign(element, slots.Count - 1);
    }
}
