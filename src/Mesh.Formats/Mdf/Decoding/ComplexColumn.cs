using Mesh.Columnar;

namespace Mesh.Formats.Mdf.Decoding;

/// <summary>Complex numbers: two floating-point values, the real part first.</summary>
internal sealed unsafe class ComplexColumn(DataType part, ChannelColumn real, ChannelColumn imaginary)
    : ChannelColumn(new StructType([new Field("re", part), new Field("im", part)]))
{
    public override void Append(in RecordTile tile, ColumnBuilder column)
    {
        var builder = (StructBuilder)column;
        if (Invalidation.IsNone)
        {
            real.Append(tile, builder.Children[0]);
            imaginary.Append(tile, builder.Children[1]);
            builder.EndStructs(tile.Count);
            return;
        }

        for (int i = 0; i < tile.Count; i++)
        {
            byte* record = tile.At(i);
            if (Invalidation.IsInvalid(record))
            {
                builder.AppendNull();
                continue;
            }

            var one = new RecordTile(record, 0, 1);
            real.Append(one, builder.Children[0]);
            imaginary.Append(one, builder.Children[1]);
            builder.EndStruct();
        }
    }
}
