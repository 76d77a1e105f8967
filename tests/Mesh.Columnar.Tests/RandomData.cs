using System.Runtime.CompilerServices;

namespace Mesh.Columnar.Tests;

/// <summary>Schemas and batches from a seed.</summary>
internal static class RandomData
{
    private static readonly DataType[] Leaves =
    [
        DataType.Boolean, DataType.Int32, DataType.Int64, DataType.Float32, DataType.Float64, DataType.Date32, DataType.TimestampMicros,
        DataType.Utf8, DataType.Binary, new DecimalType(20, 0), new DecimalType(38, 9),
    ];

    /// <summary>Every type without children.</summary>
    public static readonly DataType[] AllLeaves =
    [
        .. Leaves, DataType.Float16, DataType.TimestampNanos, DataType.LocalTimestampMicros, DataType.LocalTimestampNanos, DataType.TimeMicros, DataType.Uuid,
        new FixedBinaryType(5), new DecimalType(9, 2), new DecimalType(18, 4),
    ];

    private static readonly DataType[] Keys = [DataType.Int32, DataType.Int64, DataType.Utf8];

    public static Schema Schema(Random random, int columns, int depth)
    {
        int id = 1;
        return new Schema([.. Enumerable.Range(0, columns).Select(i => Field(random, $"c{i}", depth, Leaves, ref id))]);
    }

    /// <summary>A schema of any type, maps included.</summary>
    public static Schema AnySchema(Random random, int columns, int depth)
    {
        int id = 1;
        return new Schema([.. Enumerable.Range(0, columns).Select(i => Field(random, $"c{i}", depth, AllLeaves, ref id))]);
    }

    public static RecordBatch Batch(Random random, Schema schema, int rows, double nulls = 0.2)
    {
        var builder = new StructBuilder(schema.AsStruct());
        for (int i = 0; i < rows; i++)
        {
            AppendFields(random, builder, schema.Fields, nulls);
            builder.EndStruct();
        }

        return builder.BuildBatch();
    }

    public static void Append(Random random, ColumnBuilder builder, bool nullable, double nulls)
    {
        if (nullable && random.NextDouble() < nulls)
        {
            builder.AppendNull();
            return;
        }

        switch (builder)
        {
            case BooleanBuilder booleans: booleans.Append(random.Next(2) == 0); break;
            case FixedWidthBuilder<int> numbers when builder.Type.Kind == TypeKind.Date32: numbers.Append(random.Next(-40_000, 40_000)); break;
            case FixedWidthBuilder<int> numbers: numbers.Append(random.Next(4) == 0 ? random.Next(10) : random.Next(int.MinValue, int.MaxValue)); break;
            case FixedWidthBuilder<long> numbers when builder.Type.Kind == TypeKind.TimeMicros: numbers.Append(random.NextInt64(86_400_000_000)); break;
            case FixedWidthBuilder<long> numbers when builder.Type.Kind is TypeKind.TimestampMicros or TypeKind.LocalTimestampMicros:
                numbers.Append(random.NextInt64(-1_000_000_000_000_000, 4_000_000_000_000_000));
                break;
            case FixedWidthBuilder<long> numbers when builder.Type.Kind is TypeKind.TimestampNanos or TypeKind.LocalTimestampNanos:
                numbers.Append(random.NextInt64(-1_000_000_000_000_000_000, 4_000_000_000_000_000_000));
                break;
            case FixedWidthBuilder<long> numbers: numbers.Append(random.Next(4) == 0 ? random.Next(10) : random.NextInt64(long.MinValue, long.MaxValue)); break;
            case FixedWidthBuilder<float> numbers: numbers.Append(random.Next(20) == 0 ? float.NaN : random.Next(-5, 5) * 0.5f); break;
            case FixedWidthBuilder<double> numbers: numbers.Append(random.Next(20) == 0 ? -0.0 : random.NextDouble() - 0.5); break;
            case FixedWidthBuilder<Half> numbers: numbers.Append(random.Next(20) == 0 ? Half.NaN : (Half)(random.Next(-500, 500) * 0.25)); break;
            case FixedWidthBuilder<Int128> numbers when ((DecimalType)builder.Type).Precision is var precision and < 20:
                long most = (long)Math.Pow(10, precision) - 1;
                numbers.Append(random.NextInt64(-most, most));
                break;
            case FixedBinaryBuilder bytes: bytes.Append(Compression.Payloads.Random(random, builder.Type.ByteWidth)); break;
            case FixedWidthBuilder<Int128> numbers: numbers.Append((Int128)random.NextInt64(long.MinValue, long.MaxValue) * random.Next(1, 10)); break;
            case BinaryBuilder text when builder.Type.Kind == TypeKind.Utf8: text.Append(random.Next(3) == 0 ? "" : $"Größe {random.Next(30)} 🚗"); break;
            case BinaryBuilder bytes: bytes.Append(Compression.Payloads.Random(random, random.Next(12))); break;
            case ListBuilder list:
                var element = ((ListType)list.Type).Element;
                for (int i = random.Next(4); i > 0; i--) Append(random, list.Element, element.Nullable, nulls);
                list.EndList();
                break;
            case MapBuilder map:
                AppendMap(random, map, nulls);
                break;
            case StructBuilder structure:
                AppendFields(random, structure, ((StructType)structure.Type).Fields, nulls);
                structure.EndStruct();
                break;
            default:
                throw new SwitchExpressionException(builder);
        }
    }

    private static void AppendMap(Random random, MapBuilder map, double nulls)
    {
        var value = ((MapType)map.Type).Value;
        for (int i = random.Next(4); i > 0; i--)
        {
            // Keys differ within a map.
            int key = (random.Next(1000) * 4) + i;
            switch (map.Entries.Children[0])
            {
                case FixedWidthBuilder<int> keys: keys.Append(key); break;
                case FixedWidthBuilder<long> keys: keys.Append(key * -10_000_000_000L); break;
                case BinaryBuilder keys: keys.Append($"key {key}"); break;
                case var keys: throw new SwitchExpressionException(keys);
            }

            Append(random, map.Entries.Children[1], value.Nullable, nulls);
            map.Entries.EndStruct();
        }

        map.EndMap();
    }

    private static void AppendFields(Random random, StructBuilder builder, IReadOnlyList<Field> fields, double nulls)
    {
        for (int i = 0; i < fields.Count; i++) Append(random, builder.Children[i], fields[i].Nullable, nulls);
    }

    private static Field Field(Random random, string name, int depth, DataType[] leaves, ref int id)
    {
        int own = id++;
        DataType type;
        switch (depth > 0 ? random.Next(ReferenceEquals(leaves, AllLeaves) ? 5 : 4) : 3)
        {
            case 0:
                type = new ListType(Field(random, "element", depth - 1, leaves, ref id));
                break;
            case 1:
                var fields = new List<Field>();
                for (int i = random.Next(1, 4); i > 0; i--) fields.Add(Field(random, $"f{i}", depth - 1, leaves, ref id));
                type = new StructType(fields);
                break;
            case 4:
                var key = new Field("key", Keys[random.Next(Keys.Length)], Nullable: false, id++);
                type = new MapType(key, Field(random, "value", depth - 1, leaves, ref id));
                break;
            default:
                type = leaves[random.Next(leaves.Length)];
                break;
        }

        return new Field(name, type, random.Next(3) > 0, own);
    }
}
