using Mesh.Columnar;
using Mesh.Formats.Mdf.Conversions;

namespace Mesh.Formats.Mdf.Decoding;

/// <summary>Texts, translated where there is a <see cref="MdfConversionKind.TextToText"/>.</summary>
internal sealed unsafe class StringColumn<TBytes>(TBytes bytes, MdfDataType encoding, TextToText? translation) : ChannelColumn(DataType.Utf8)
    where TBytes : struct, IValueBytes
{
    public override void Append(in RecordTile tile, ColumnBuilder column)
    {
        var builder = (BinaryBuilder)column;
        var scratch = new TextScratch(stackalloc byte[512]);
        for (int i = 0; i < tile.Count; i++)
        {
            if (Invalidation.IsInvalid(tile.At(i)))
            {
                builder.AppendNull();
                continue;
            }

            scratch.Clear();
            var text = TextEncodings.ToUtf8(TextEncodings.Cut(bytes.Get(tile, i), encoding), encoding, ref scratch);
            if (translation?.Find(text) is { } translated) text = translated;
            builder.Append(text);
        }

        scratch.Dispose();
    }
}

/// <summary>Texts that a <see cref="MdfConversionKind.TextToValue"/> turns into numbers.</summary>
internal sealed unsafe class StringNumberColumn<TBytes>(TBytes bytes, MdfDataType encoding, TextToValue conversion) : ChannelColumn(DataType.Float64)
    where TBytes : struct, IValueBytes
{
    public override void Append(in RecordTile tile, ColumnBuilder column)
    {
        var builder = (FixedWidthBuilder<double>)column;
        var scratch = new TextScratch(stackalloc byte[512]);
        for (int i = 0; i < tile.Count; i++)
        {
            if (Invalidation.IsInvalid(tile.At(i)))
            {
                builder.AppendNull();
                continue;
            }

            scratch.Clear();
            builder.Append(conversion.Find(TextEncodings.ToUtf8(TextEncodings.Cut(bytes.Get(tile, i), encoding), encoding, ref scratch)));
        }

        scratch.Dispose();
    }
}
