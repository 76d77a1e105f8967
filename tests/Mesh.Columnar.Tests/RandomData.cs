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

    public static Schema Schema(Random random, int columns, int depth)
    {
        int id = 1;
        return new Schema([.. Enumerable.Range(0, columns).Select(i => Field(random, $"c{i}", depth, ref id))]);
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
            case FixedWidthBuilder<int> numbers: numbers.Append(random.Next(4) == 0 ? random.Next(10) : random.Next(int.MinValue, int.MaxValue)); break;
            case FixedWidthBuilder<long> numbers: numbers.Append(random.Next(4) == 0 ? random.Next(10) : random.NextInt64(long.MinValue, long.MaxValue)); break;
            case FixedWidthBuilder<float> numbers: numbers.Append(random.Next(20) == 0 ? float.NaN : random.Next(-5, 5) * 0.5f); break;
            case FixedWidthBuilder<double> numbers: numbers.Append(random.Next(20) == 0 ? -0.0 : random.NextDouble() - 0.5); break;
            case FixedWidthBuilder<Int128> numbers: numbers.Append((Int128)random.NextInt64(long.MinValue, long.MaxValue) * random.Next(1, 1000)); break;
            case BinaryBuilder text when builder.Type.Kind == TypeKind.Utf8: text.Append(random.Next(3) == 0 ? "" : $"Größe {random.Next(30)} 🚗"); break;
            case BinaryBuilder bytes: bytes.Append(Compression.Payloads.Random(random, random.Next(12))); break;
            case ListBuilder list:
                var element = ((ListType)list.Type).Element;
                for (int i = random.Next(4); i > 0; i--) Append(random, list.Element, element.Nullable, nulls);
                list.EndList();
                break;
            case StructBuilder structure:
                AppendFields(random, structure, ((StructType)structure.Type).Fields, nulls);
                structure.EndStruct();
                break;
            default:
                throw new SwitchExpressionException(builder);
        }
    }

    private static void AppendFields(Random random, StructBuilder builder, IReadOnlyList<Field> fields, double nulls)
    {
        for (int i = 0; i < fields.Count; i++) Append(random, builder.Children[i], fields[i].Nullable, nulls);
    }

    private static Field Field(Random random, string name, int depth, ref int id)
    {
        int own = id++;
        DataType type;
        switch (depth > 0 ? random.Next(4) : 3)
        {
            case 0:
                type = new ListType(Field(random, "element", depth - 1, ref id));
                break;
            case 1:
                var fields = new List<Field>();
                for (int i = random.Next(1, 4); i > 0; i--) fields.Add(Field(random, $"f{i}", depth - 1, ref id));
                type = new StructType(fields);
                break;
            default:
                type = Leaves[random.Next(Leaves.Length)];
                break;
        }

        return new Field(name, type, random.Next(3) > 0, own);
    }
}
