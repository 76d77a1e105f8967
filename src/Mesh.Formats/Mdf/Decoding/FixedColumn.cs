using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Mesh.Columnar;
using Mesh.Formats.Mdf.Conversions;

namespace Mesh.Formats.Mdf.Decoding;

/// <summary>Numbers of fixed width: gathered, converted and stored in one pass, in code made for the combination.</summary>
internal sealed unsafe class FixedColumn<TRead, TRaw, TConvert, T>(DataType type, TRead read, TConvert convert, NumericConversion? then) : ChannelColumn(type)
    where TRead : struct, IRead<TRaw>
    where TRaw : unmanaged
    where TConvert : struct, IConvert<TRaw, T>
    where T : unmanaged
{
    public override void Append(in RecordTile tile, ColumnBuilder column)
    {
        var builder = (FixedWidthBuilder<T>)column;
        var target = builder.Reserve(tile.Count);
        fixed (T* to = target)
        {
            if (tile.IsStrided) Gather(tile.First, tile.Stride, to, tile.Count);
            else Scatter(tile, to);
        }

        then?.Apply(MemoryMarshal.Cast<T, double>(target));
        Span<byte> validity = stackalloc byte[Invalidation.TileBytes];
        if (Invalidation.Read(tile, validity)) builder.Commit(tile.Count, validity);
        else builder.Commit(tile.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Gather(byte* record, nint stride, T* to, int count)
    {
        // Copies, or the loop would load the fields again for each value.
        var read = Read;
        var convert = Convert;
        T* end = to + count;
        for (T* end4 = end - 3; to < end4; to += 4)
        {
            byte* second = record + stride;
            byte* third = second + stride;
            byte* fourth = third + stride;
            to[0] = convert.Convert(read.Read(record));
            to[1] = convert.Convert(read.Read(second));
            to[2] = convert.Convert(read.Read(third));
            to[3] = convert.Convert(read.Read(fourth));
            record = fourth + stride;
        }

        for (; to < end; to++)
        {
            *to = convert.Convert(read.Read(record));
            record += stride;
        }
    }

    private TRead Read => read;

    private TConvert Convert => convert;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Scatter(in RecordTile tile, T* to)
    {
        var read = Read;
        var convert = Convert;
        for (int i = 0; i < tile.Count; i++) to[i] = convert.Convert(read.Read(tile.At(i)));
    }
}
