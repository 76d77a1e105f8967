using Mesh.Columnar;

namespace Mesh.Formats.Mdf.Decoding;

/// <summary>Byte arrays, MIME samples and streams, and structures as stored.</summary>
internal sealed unsafe class BytesColumn<TBytes>(TBytes bytes) : ChannelColumn(DataType.Binary)
    where TBytes : struct, IValueBytes
{
    public override void Append(in RecordTile tile, ColumnBuilder column)
    {
        var builder = (BinaryBuilder)column;
        for (int i = 0; i < tile.Count; i++)
        {
            if (Invalidation.IsInvalid(tile.At(i))) builder.AppendNull();
            else builder.Append(bytes.Get(tile, i));
        }
    }
}
