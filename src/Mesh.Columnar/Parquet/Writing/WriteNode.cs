using Mesh.Model;

namespace Mesh.Columnar.Parquet;

/// <summary>Takes slices of a vector and hands every leaf below it its levels and present values.</summary>
internal sealed class WriteNode
{
    private readonly ParquetNode node;
    private readonly WriteNode[] children;
    private readonly LeafWriter? leaf;
    private readonly LevelRun withoutNulls = new();
    private readonly LevelRun elements = new();

    /// <param name="node">Place in the schema.</param>
    /// <param name="leaves">Writers of all leaves of the file.</param>
    public WriteNode(ParquetNode node, IReadOnlyList<LeafWriter> leaves)
    {
        this.node = node;
        children = [.. node.Children.Select(child => new WriteNode(child, leaves))];
        leaf = node.IsLeaf ? leaves[node.LeafIndex] : null;
    }

    /// <summary>Bytes held between calls.</summary>
    public long CapacityBytes
    {
        get
        {
            long sum = withoutNulls.CapacityBytes + elements.CapacityBytes;
            foreach (var child in children) sum += child.CapacityBytes;
            return sum;
        }
    }

    /// <exception cref="MeshException"><c>MESH10905</c>: a required value is null.</exception>
    public void Write(ColumnVector vector, LevelRun parent, PageScratch scratch)
    {
        var levels = parent;
        if (vector.NullCount > 0)
        {
            if (!node.Field.Nullable) RequirePresent(vector, parent);
            else if (parent.AliveCount > 0)
            {
                withoutNulls.SetWithoutNulls(parent, vector.Validity.Span, node.DefinitionLevel - 1);
                levels = withoutNulls;
            }
        }

        if (leaf is not null)
        {
            leaf.Append(vector, levels, scratch);
            return;
        }

        if (node.Field.Type.Kind is TypeKind.List or TypeKind.Map)
        {
            elements.SetElements(levels, vector.Offsets, node.DefinitionLevel, (byte)(node.RepetitionLevel + 1));
            levels = elements;
        }

        for (int i = 0; i < children.Length; i++) children[i].Write(vector.Children[i], levels, scratch);
    }

    public void Free()
    {
        withoutNulls.Free();
        elements.Free();
        foreach (var child in children) child.Free();
    }

    /// <summary>Nulls of a required field are allowed only where the struct around it is null.</summary>
    private void RequirePresent(ColumnVector vector, LevelRun parent)
    {
        for (int i = 0; i < parent.AliveCount; i++)
        {
            int index = parent.IsDense ? parent.Start + i : parent.Indexes[i];
            if (vector.IsNull(index))
            {
                throw new MeshException("MESH10905", $"Column '{node.Name}' is required, but the value at index {index} is absent. Make the field nullable, or fill it.");
            }
        }
    }
}
