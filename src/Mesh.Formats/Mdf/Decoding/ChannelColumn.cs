using Mesh.Columnar;

namespace Mesh.Formats.Mdf.Decoding;

/// <summary>Fills the column of one channel. One virtual call per channel and tile.</summary>
internal abstract class ChannelColumn(DataType type)
{
    /// <summary>Type of the column.</summary>
    public DataType Type { get; } = type;

    /// <summary>Which values become null.</summary>
    public Invalidation Invalidation { get; init; }

    /// <summary>Appends one value per record.</summary>
    public abstract void Append(in RecordTile tile, ColumnBuilder column);
}

/// <summary>A channel of which nothing can be read.</summary>
internal sealed class NullColumn(DataType type) : ChannelColumn(type)
{
    public override void Append(in RecordTile tile, ColumnBuilder column)
    {
        for (int i = 0; i < tile.Count; i++) column.AppendNull();
    }
}
