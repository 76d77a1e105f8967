namespace Mesh.Columnar.Parquet;

/// <summary>Finds the nodes of the columns wanted, cut down to the fields wanted.</summary>
internal static class ColumnProjection
{
    /// <summary>The nodes of the paths, in the order in which their top-level columns are first named; null when a path leads nowhere.</summary>
    public static IReadOnlyList<ParquetNode>? Select(IReadOnlyList<ParquetNode> nodes, IEnumerable<string> paths, out string unknown)
    {
        var wanted = new Wanted();
        unknown = "";
        foreach (string path in paths)
        {
            if (!Mark(nodes, path, wanted, TypeKind.Struct))
            {
                unknown = path;
                return null;
            }
        }

        return [.. wanted.Order.Select(node => Cut(node, wanted.Below[node]))];
    }

    /// <summary>The node of a path through structs; null when there is none.</summary>
    public static ParquetNode? Find(IReadOnlyList<ParquetNode> nodes, string path)
    {
        if (ColumnPath.Find([.. nodes.Select(node => node.Field)], path) is not { } place) return null;
        var found = nodes[place[0]];
        foreach (int index in place.AsSpan(1)) found = found.Children[index];
        return found;
    }

    /// <summary>What is wanted below a node: everything, or some of its children.</summary>
    private sealed class Wanted
    {
        public bool IsAll { get; set; }

        public Dictionary<ParquetNode, Wanted> Below { get; } = [];

        public List<ParquetNode> Order { get; } = [];

        public Wanted Of(ParquetNode node)
        {
            if (Below.TryGetValue(node, out var below)) return below;
            Order.Add(node);
            return Below[node] = new Wanted();
        }
    }

    private static bool Mark(IReadOnlyList<ParquetNode> nodes, string path, Wanted wanted, TypeKind parent)
    {
        for (int i = 0; i < nodes.Count; i++)
        {
            var node = nodes[i];
            foreach (string name in NamesOf(node, i, parent))
            {
                if (path == name)
                {
                    wanted.Of(node).IsAll = true;
                    return true;
                }

                if (path.Length <= name.Length || path[name.Length] != '.' || !path.StartsWith(name, StringComparison.Ordinal)) continue;
                var children = node.Field.Type.Kind == TypeKind.Map ? node.Children[0].Children : node.Children;
                string rest = path[(name.Length + 1)..];
                var kind = node.Field.Type.Kind;
                if (node.IsLeaf || !Mark(children, rest, new Wanted(), kind)) continue;
                return Mark(children, rest, Entries(node, wanted.Of(node)), kind);
            }
        }

        return false;
    }

    private static Wanted Entries(ParquetNode node, Wanted wanted) => node.Field.Type.Kind == TypeKind.Map ? wanted.Of(node.Children[0]) : wanted;

    /// <summary>Elements, keys and values have the names that the lake gives them beside those in the file.</summary>
    private static IEnumerable<string> NamesOf(ParquetNode node, int index, TypeKind parent)
    {
        yield return node.Field.Name;
        if (parent == TypeKind.List) yield return "element";
        else if (parent == TypeKind.Map) yield return index == 0 ? "key" : "value";
    }

    private static ParquetNode Cut(ParquetNode node, Wanted wanted)
    {
        if (wanted.IsAll || node.IsLeaf) return node;
        if (node.Field.Type.Kind == TypeKind.Map)
        {
            // A map without its values would be something else.
            var entries = node.Children[0];
            var value = wanted.Below[entries].Below.TryGetValue(entries.Children[1], out var below) ? Cut(entries.Children[1], below) : entries.Children[1];
            Field[] fields = [entries.Children[0].Field with { Nullable = false }, value.Field];
            return With(node, new MapType(fields[0], fields[1]), [With(entries, new StructType(fields), [entries.Children[0], value])]);
        }

        ParquetNode[] children = [.. node.Children.Where(wanted.Below.ContainsKey).Select(child => Cut(child, wanted.Below[child]))];
        DataType type = node.Field.Type.Kind == TypeKind.List ? new ListType(children[0].Field) : new StructType([.. children.Select(child => child.Field)]);
        return With(node, type, children);
    }

    private static ParquetNode With(ParquetNode node, DataType type, IReadOnlyList<ParquetNode> children) => new()
    {
        Field = node.Field with { Type = type },
        Path = node.Path,
        DefinitionLevel = node.DefinitionLevel,
        RepetitionLevel = node.RepetitionLevel,
        SlotDefinitionLevel = node.SlotDefinitionLevel,
        Children = children,
        LeafIndex = children[0].LeafIndex,
    };
}
