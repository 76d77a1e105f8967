using System.Text;
using Mesh.Columnar;

namespace Mesh.Partition.Tests;

/// <summary>Batches of random nested values, and their rows as text to compare by.</summary>
internal static class RandomColumns
{
    public static readonly Schema Nested = new(
    [
        new Field("flag", DataType.Boolean),
        new Field("small", DataType.Int32),
        new Field("big", DataType.Int64),
        new Field("real", DataType.Float64),
        new Field("exact", new DecimalType(20, 0)),
        new Field("text", DataType.Utf8),
        new Field("blob", DataType.Binary),
        new Field("point", new StructType([new Field("x", DataType.Float32), new Field("names", new ListType(new Field("element", DataType.Utf8)))])),
        new Field("track", new ListType(new Field("element", new StructType([new Field("t", DataType.Int64), new Field("v", new ListType(new Field("element", DataType.Float64)))])))),
    ]);

    public static RecordBatch Batch(Random random, int rows)
    {
        var builder = new StructBuilder(Nested.AsStruct());
        for (int row = 0; row < rows; row++)
        {
            foreach (var child in builder.Children) Append(child, random);
            builder.EndStruct();
        }

        return builder.BuildBatch();
    }

    public static string Row(RecordBatch batch, int row)
    {
        var text = new StringBuilder();
        foreach (var column in batch.Columns) Value(column, row, text);
        return text.ToString();
    }

    private static void Append(ColumnBuilder builder, Random random)
    {
        if (random.Next(5) == 0)
        {
            builder.AppendNull();
            return;
        }

        switch (builder)
        {
            case BooleanBuilder flag: flag.Append(random.Next(2) == 0); break;
            case FixedWidthBuilder<int> number: number.Append(random.Next()); break;
            case FixedWidthBuilder<long> number: number.Append(random.NextInt64()); break;
            case FixedWidthBuilder<float> number: number.Append(random.NextSingle()); break;
            case FixedWidthBuilder<double> number: number.Append(random.NextDouble()); break;
            case FixedWidthBuilder<Int128> number: number.Append(random.NextInt64()); break;
            case BinaryBuilder bytes: bytes.Append(Convert.ToHexString(BitConverter.GetBytes(random.NextInt64()))[..random.Next(16)]); break;
            case ListBuilder list:
                for (int i = random.Next(4); i > 0; i--) Append(list.Element, random);
                list.EndList();
                break;
            case StructBuilder structure:
                foreach (var child in structure.Children) Append(child, random);
                structure.EndStruct();
                break;
            default: throw new NotSupportedException(builder.GetType().Name);
        }
    }

    private static void Value(ColumnVector column, int row, StringBuilder text)
    {
        text.Append('|');
        if (column.IsNull(row))
        {
            text.Append('~');
            return;
        }

        switch (column.Type.Kind)
        {
            case TypeKind.Boolean: text.Append(column.GetBoolean(row)); break;
            case TypeKind.Int32: text.Append(column.Values<int>()[row]); break;
            case TypeKind.Int64: text.Append(column.Values<long>()[row]); break;
            case TypeKind.Float32: text.Append(column.Values<float>()[row]); break;
            case TypeKind.Float64: text.Append(column.Values<double>()[row]); break;
            case TypeKind.Decimal128: text.Append(column.Values<Int128>()[row]); break;
            case TypeKind.Utf8 or TypeKind.Binary: text.Append(column.GetString(row)); break;
            case TypeKind.List:
                text.Append('[');
                for (int i = column.Offsets[row]; i < column.Offsets[row + 1]; i++) Value(column.Children[0], i, text);
                text.Append(']');
                break;
            case TypeKind.Struct:
                text.Append('{');
                foreach (var child in column.Children) Value(child, row, text);
                text.Append('}');
                break;
            default: throw new NotSupportedException(column.Type.Kind.ToString());
        }
    }
}
