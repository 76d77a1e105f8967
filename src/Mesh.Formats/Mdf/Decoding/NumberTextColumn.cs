using System.Runtime.CompilerServices;
using Mesh.Columnar;
using Mesh.Formats.Mdf.Conversions;

namespace Mesh.Formats.Mdf.Decoding;

/// <summary>Numbers that a conversion turns into text.</summary>
internal sealed unsafe class NumberTextColumn<TRead, TRaw>(TRead read, TextConversion conversion) : ChannelColumn(DataType.Utf8)
    where TRead : struct, IRead<TRaw>
    where TRaw : unmanaged
{
    private readonly TextTable? table = conversion as TextTable;

    public override void Append(in RecordTile tile, ColumnBuilder column)
    {
        var builder = (BinaryBuilder)column;
        if (Invalidation.IsNone && table?.Texts is { } texts)
        {
            Span<int> choices = stackalloc int[tile.Count];
            Choose(tile, table, choices);
            builder.AppendChosen(texts, choices);
            return;
        }

        var scratch = new TextScratch(stackalloc byte[256]);
        for (int i = 0; i < tile.Count; i++)
        {
            byte* record = tile.At(i);
            if (Invalidation.IsInvalid(record))
            {
                builder.AppendNull();
                continue;
            }

            var raw = read.Read(record);
            scratch.Clear();
            var text = conversion.Find(ToDouble<TRaw>.Of(raw), ToDouble<TRaw>.Bits(raw), ref scratch, out bool isDefined);
            if (isDefined) builder.Append(text);
            else builder.AppendNull();
        }

        scratch.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Choose(in RecordTile tile, TextTable of, Span<int> choices)
    {
        var reader = read;
        for (int i = 0; i < choices.Length; i++) choices[i] = of.Find(ToDouble<TRaw>.Of(reader.Read(tile.At(i))));
    }
}
