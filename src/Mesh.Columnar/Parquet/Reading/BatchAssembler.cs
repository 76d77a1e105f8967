using System.Runtime.InteropServices;

namespace Mesh.Columnar.Parquet;

/// <summary>Puts the vectors of nested columns together from the levels and values of their leaves.</summary>
internal static class BatchAssembler
{
    /// <param name="node">A column or a part of one.</param>
    /// <param name="leaves">Readers by leaf index; those below <paramref name="node"/> hold the batch.</param>
    public static ColumnVector Build(ParquetNode node, IReadOnlyList<LeafReader?> leaves)
    {
        var leaf = leaves[node.LeafIndex]!;
        if (node.IsLeaf) return leaf.Vector;

        var children = new ColumnVector[node.Children.Count];
        for (int i = 0; i < children.Length; i++) children[i] = Build(node.Children[i], leaves);
        var slots = Slots.Find(leaf, node);
        byte[] offsets = [];
        int expected = slots.Length;
        if (node.Field.Type.Kind is TypeKind.List or TypeKind.Map)
        {
            offsets = Slots.FindOffsets(leaf, node, slots.Length);
            expected = MemoryMarshal.Cast<byte, int>(offsets)[^1];
        }

        foreach (var child in children)
        {
            if (child.Length != expected) throw new ParquetDataException($"the leaves of column '{node.Name}' disagree about its length");
        }

        if (node.Field.Type.Kind == TypeKind.Map && children[0].Children[0].NullCount > 0) throw new ParquetDataException($"the map '{node.Name}' has an absent key");
        return new ColumnVector
        {
            Type = node.Field.Type,
            Length = slots.Length,
            NullCount = slots.NullCount,
            Validity = slots.Validity,
            OffsetBytes = offsets,
            Children = children,
        };
    }
}
