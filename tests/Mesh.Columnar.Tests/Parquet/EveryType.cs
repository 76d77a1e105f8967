namespace Mesh.Columnar.Tests.Parquet;

/// <summary>Rows of every type the lake has, nested ones included.</summary>
internal static class EveryType
{
    public static Schema Schema { get; } = new([
        new Field("flag", DataType.Boolean), new Field("i", DataType.Int32, Nullable: false), new Field("l", DataType.Int64), new Field("half", DataType.Float16),
        new Field("f", DataType.Float32), new Field("d", DataType.Float64, Nullable: false), new Field("small", new DecimalType(9, 2)), new Field("medium", new DecimalType(18, 4)),
        new Field("large", new DecimalType(38, 6)), new Field("day", DataType.Date32), new Field("us", DataType.TimestampMicros), new Field("ns", DataType.TimestampNanos),
        new Field("localUs", DataType.LocalTimestampMicros), new Field("localNs", DataType.LocalTimestampNanos), new Field("clock", DataType.TimeMicros),
        new Field("id", DataType.Uuid), new Field("raw", new FixedBinaryType(5)), new Field("text", DataType.Utf8), new Field("bytes", DataType.Binary),
        new Field("items", new ListType(new Field("element", DataType.Int64))),
        new Field("tags", new MapType(new Field("key", DataType.Utf8, Nullable: false), new Field("value", new ListType(new Field("element", DataType.Float32))))),
        new Field("pose", new StructType([new Field("x", DataType.Float64), new Field("name", DataType.Utf8), new Field("at", new StructType([new Field("n", DataType.Int64)]))])),
    ]);

    public static RecordBatch Batch(int seed, int rows, double nulls = 0.2)
    {
        var random = new Random(seed);
        var builder = new StructBuilder(Schema.AsStruct());
        for (int i = 0; i < rows; i++)
        {
            for (int c = 0; c < Schema.Fields.Count; c++) Append(random, i, builder.Children[c], Schema.Fields[c].Nullable ? nulls : 0, nulls);
            builder.EndStruct();
        }

        return builder.BuildBatch();
    }

    private static void Append(Random random, int row, ColumnBuilder builder, double own, double nulls)
    {
        if (random.NextDouble() < own)
        {
            builder.AppendNull();
            return;
        }

        switch (builder)
        {
            case BooleanBuilder booleans: booleans.Append(random.Next(9) < row % 9); break;
            case FixedWidthBuilder<int> numbers: numbers.Append(random.Next(3) == 0 ? random.Next(10) : random.Next(1 << random.Next(1, 31))); break;
            case FixedWidthBuilder<long> numbers: numbers.Append((row * 1000L) + (random.Next(5) == 0 ? random.NextInt64(1L << random.Next(1, 40)) : random.Next(1000))); break;
            case FixedWidthBuilder<Half> numbers: numbers.Append((Half)random.Next(-50, 50)); break;
            case FixedWidthBuilder<float> numbers: numbers.Append(random.Next(30) == 0 ? float.NaN : random.Next(-500, 500) * 0.25f); break;
            case FixedWidthBuilder<double> numbers: numbers.Append(random.Next(30) == 0 ? -0.0 : row + random.NextDouble()); break;
            case FixedWidthBuilder<Int128> numbers: numbers.Append(random.Next(-9_999_999, 9_999_999) * (builder.Type is DecimalType { Precision: 38 } ? Int128.Parse("123456789012345678901234567") : 1)); break;
            case FixedBinaryBuilder fixedBytes:
                byte[] value = new byte[builder.Type.ByteWidth];
                random.NextBytes(value);
                fixedBytes.Append(value);
                break;
            case BinaryBuilder text when builder.Type.Kind == TypeKind.Utf8: text.Append(random.Next(6) == 0 ? "" : $"Strecke {row / 50} Größe {random.Next(40)}"); break;
            case BinaryBuilder bytes: bytes.Append(Compression.Payloads.Random(random, random.Next(40))); break;
            case ListBuilder list:
                for (int i = random.Next(4); i > 0; i--) Append(random, row, list.Element, nulls, nulls);
                list.EndList();
                break;
            case MapBuilder map:
                for (int i = random.Next(3); i > 0; i--)
                {
                    Append(random, row, map.Entries.Children[0], 0, nulls);
                    Append(random, row, map.Entries.Children[1], nulls, nulls);
                    map.Entries.EndStruct();
                }

                map.EndMap();
                break;
            case StructBuilder structure:
                foreach (var child in structure.Children) Append(random, row, child, nulls, nulls);
                structure.EndStruct();
                break;
            default:
                throw new InvalidOperationException(builder.GetType().Name);
        }
    }
}
