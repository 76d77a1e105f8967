using System.Buffers.Binary;
using System.Numerics;
using Mesh.Columnar;
using Mesh.Formats.Mdf;
using Mesh.Formats.Messages;

namespace Mesh.Formats.Tests.Mdf;

/// <summary>Layouts and records made by hand, and what the decoder makes of them.</summary>
internal static class MdfDecoding
{
    public static readonly MessageDecoderOptions Raw = new() { RawValues = true };

    public static readonly MessageDecoderOptions Physical = new();

    public static MdfChannelLayout Channel(string name, MdfDataType type, int at, int bits, int bit = 0) =>
        new() { Name = name, DataType = type, ByteOffset = at, BitOffset = bit, BitCount = bits };

    public static MdfRecordLayout Layout(int dataBytes, params MdfChannelLayout[] channels) =>
        new() { Group = "g", DataBytes = dataBytes, Channels = channels };

    public static MdfConversion Conversion(MdfConversionKind kind, params double[] values) => new() { Kind = kind, Values = values };

    public static MdfConversionReference Text(string text) => new(text, null);

    public static MdfConversionReference Nested(MdfConversion conversion) => new(null, conversion);

    public static MdfConversionReference Nil { get; } = new(null, null);

    /// <summary>All records, one after the other.</summary>
    public static RecordBatch Decode(MdfRecordLayout layout, params byte[][] records) => Decode(layout, Physical, records);

    public static RecordBatch Decode(MdfRecordLayout layout, MessageDecoderOptions options, params byte[][] records)
    {
        var data = new List<byte>();
        var refs = new MessageRef[records.Length];
        for (int i = 0; i < records.Length; i++)
        {
            refs[i] = new MessageRef(0, 0, 0, 0, data.Count, records[i].Length, 0);
            data.AddRange(records[i]);
        }

        return Decode(MdfRecordDecoder.Create(layout, options), data.ToArray(), refs);
    }

    public static RecordBatch Decode(MdfRecordDecoder decoder, byte[] data, MessageRef[] refs)
    {
        var row = new StructBuilder(decoder.Type);
        ColumnBuilder[] columns = [.. row.Children];
        int rows = decoder.DecodeRun(data, refs, columns, out var failure);
        if (failure is not null) throw failure;
        row.EndStructs(rows);
        return row.BuildBatch();
    }

    /// <summary>Records of that many bytes, one behind the other.</summary>
    public static MessageRef[] Refs(int count, int bytes, int stride, int start = 0) =>
        [.. Enumerable.Range(0, count).Select(i => new MessageRef(0, 0, 0, 0, start + (i * stride), bytes, 0))];

    /// <summary>The channel's integer, bit by bit: the specification's own words and nothing clever.</summary>
    public static BigInteger Integer(ReadOnlySpan<byte> record, MdfChannelLayout channel)
    {
        bool isBig = channel.DataType is MdfDataType.UnsignedBigEndian or MdfDataType.SignedBigEndian or MdfDataType.FloatBigEndian;
        bool isSigned = channel.DataType is MdfDataType.SignedBigEndian or MdfDataType.SignedLittleEndian;
        int bytes = (channel.BitOffset + channel.BitCount + 7) / 8;
        var whole = new BigInteger(record.Slice(channel.ByteOffset, bytes), isUnsigned: true, isBigEndian: isBig);
        var value = (whole >> channel.BitOffset) & ((BigInteger.One << channel.BitCount) - 1);
        return isSigned && (value >> (channel.BitCount - 1)) == 1 ? value - (BigInteger.One << channel.BitCount) : value;
    }

    /// <summary>Value of a column as a person would write it; null for null.</summary>
    public static object? Value(ColumnVector column, int row)
    {
        if (column.IsNull(row)) return null;
        switch (column.Type.Kind)
        {
            case TypeKind.Int32: return (long)column.Values<int>()[row];
            case TypeKind.Int64 or TypeKind.TimestampMicros: return column.Values<long>()[row];
            case TypeKind.Decimal128: return column.Values<Int128>()[row];
            case TypeKind.Float32: return (double)column.Values<float>()[row];
            case TypeKind.Float64: return column.Values<double>()[row];
            case TypeKind.Utf8: return column.GetString(row);
            case TypeKind.Binary: return column.GetBytes(row).ToArray();
            case TypeKind.Struct: return column.Children.Select(child => Value(child, row)).ToArray();
            case TypeKind.List:
                var offsets = column.Offsets;
                int from = offsets[row];
                int to = offsets[row + 1];
                return Enumerable.Range(from, to - from).Select(i => Value(column.Children[0], i)).ToArray();
            default: throw new NotSupportedException(column.Type.Kind.ToString());
        }
    }

    public static object?[] Values(this RecordBatch batch, string name) => [.. Enumerable.Range(0, batch.Length).Select(row => Value(batch[name], row))];

    public static byte[] Doubles(params double[] values)
    {
        byte[] bytes = new byte[values.Length * 8];
        for (int i = 0; i < values.Length; i++) BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(i * 8), values[i]);
        return bytes;
    }
}
