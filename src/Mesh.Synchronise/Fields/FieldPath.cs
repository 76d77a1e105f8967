using Mesh.Columnar;

namespace Mesh.Synchronise;

/// <summary>Where a field's column is in the blocks of a channel.</summary>
/// <param name="columnBySchema">By schema of the channel the top-level column; -1 where it has none.</param>
/// <param name="children">From it on down, positions in structs.</param>
internal sealed class FieldPath(int[] columnBySchema, int[] children)
{
    /// <summary>The column; null when the block's schema does not have the field.</summary>
    public ColumnVector? In(RowBlock block)
    {
        int index = columnBySchema[block.SchemaIndex];
        if (index < 0) return null;
        var vector = block.Columns[index];
        foreach (int child in children) vector = vector.Children[child];
        return vector;
    }

    public FieldPath Child(int index) => new(columnBySchema, [.. children, index]);
}
