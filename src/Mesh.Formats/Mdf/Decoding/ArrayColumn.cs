using Mesh.Columnar;

namespace Mesh.Formats.Mdf.Decoding;

/// <summary>
/// Arrays in the record as flat lists. The dimension with the largest stride is outermost, so that elements come in the order of memory whether the
/// array is row- or column-oriented.
/// </summary>
internal sealed unsafe class ArrayColumn : ChannelColumn
{
    private readonly ChannelColumn element;
    private readonly int[] dimensions;
    private readonly int[] strides;
    private readonly int baseOffset;
    private readonly int invalidationAt;
    private readonly int invalidationBit;
    private readonly int invalidationStride;

    /// <param name="element">Column of element 0.</param>
    /// <param name="array">Extents.</param>
    /// <param name="invalidationAt">First byte of the invalidation bits; used with a stride of them.</param>
    /// <param name="invalidationBit">Invalidation bit of element 0; -1 for none.</param>
    public ArrayColumn(ChannelColumn element, MdfArrayLayout array, int invalidationAt, int invalidationBit)
        : base(new ListType(new Field("element", element.Type)))
    {
        this.element = element;
        int[] order = [.. Enumerable.Range(0, array.Dimensions.Count).OrderByDescending(i => Math.Abs((long)array.Strides[i]))];
        dimensions = [.. order.Select(i => array.Dimensions[i])];
        strides = [.. order.Select(i => array.Strides[i])];
        baseOffset = array.BaseOffset;
        this.invalidationAt = invalidationAt;
        this.invalidationBit = invalidationBit;
        invalidationStride = invalidationBit < 0 ? 0 : array.InvalidationStride;
    }

    public override void Append(in RecordTile tile, ColumnBuilder column)
    {
        var builder = (ListBuilder)column;
        for (int i = 0; i < tile.Count; i++)
        {
            byte* record = tile.At(i);
            if (Invalidation.IsInvalid(record))
            {
                builder.AppendNull();
                continue;
            }

            int index = 0;
            Append(record, record + baseOffset, 0, ref index, builder.Element);
            builder.EndList();
        }
    }

    private void Append(byte* record, byte* at, int dimension, ref int index, ColumnBuilder elements)
    {
        bool isInnermost = dimension == dimensions.Length - 1;
        if (isInnermost && invalidationStride == 0)
        {
            for (int done = 0; done < dimensions[dimension]; done += RecordTile.MaxRows)
            {
                int count = Math.Min(RecordTile.MaxRows, dimensions[dimension] - done);
                element.Append(new RecordTile(at + ((nint)done * strides[dimension]), strides[dimension], count), elements);
            }

            return;
        }

        for (int i = 0; i < dimensions[dimension]; i++)
        {
            byte* next = at + ((nint)i * strides[dimension]);
            if (!isInnermost)
            {
                Append(record, next, dimension + 1, ref index, elements);
                continue;
            }

            int bit = invalidationBit + (index++ * invalidationStride);
            if ((record[invalidationAt + (bit >> 3)] & (1 << (bit & 7))) != 0) elements.AppendNull();
            else element.Append(new RecordTile(next, 0, 1), elements);
        }
    }
}
