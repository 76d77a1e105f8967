using Mesh.Columnar;

namespace Mesh.Synchronise;

/// <summary>A field's column in the block at hand: matches run through blocks in order, so it is looked up once a block and not once a row.</summary>
/// <param name="path">The field.</param>
internal struct FieldCursor(FieldPath path)
{
    private RowBlock? block;
    private ColumnVector? column;

    /// <summary>The column; null when the block's schema does not have the field.</summary>
    public ColumnVector? In(RowBlock current)
    {
        if (!ReferenceEquals(current, block))
        {
            block = current;
            column = path.In(current);
        }

        return column;
    }
}
