namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>Writes schemas as FlatBuffers (Schema.fbs).</summary>
internal static class ArrowSchemaWriter
{
    private const short Microsecond = 2;

    public static int Write(FlatBufferBuilder builder, Schema schema, IReadOnlyDictionary<string, string> metadata)
    {
        int fields = builder.AddVector([.. schema.Fields.Select(field => WriteField(builder, field))]);
        int pairs = builder.AddVector([.. metadata.Select(pair => WritePair(builder, pair.Key, pair.Value))]);
        builder.BeginTable();
        builder.AddOffset(1, fields);
        builder.AddOffset(2, pairs);
        return builder.EndTable();
    }

    private static int WriteField(FlatBufferBuilder builder, Field field)
    {
        IReadOnlyList<Field> childFields = field.Type switch
        {
            StructType type => type.Fields,
            ListType type => [type.Element],
            _ => [],
        };
        int children = builder.AddVector([.. childFields.Select(child => WriteField(builder, child))]);
        int pairs = builder.AddVector(field.Doc is { } doc ? [WritePair(builder, "description", doc)] : []);
        int name = builder.AddString(field.Name);
        var (kind, type1) = WriteType(builder, field.Type);
        builder.BeginTable();
        builder.AddOffset(0, name);
        builder.AddByte(1, field.Nullable ? (byte)1 : (byte)0);
        builder.AddByte(2, kind);
        builder.AddOffset(3, type1);
        builder.AddOffset(5, children);
        builder.AddOffset(6, pairs);
        return builder.EndTable();
    }

    private static (byte Kind, int Position) WriteType(FlatBufferBuilder builder, DataType type)
    {
        switch (type.Kind)
        {
            case TypeKind.Boolean: return (ArrowFormat.Type.Bool, Empty(builder));
            case TypeKind.Int32: return (ArrowFormat.Type.Int, Integer(builder, 32));
            case TypeKind.Int64: return (ArrowFormat.Type.Int, Integer(builder, 64));
            case TypeKind.Float32: return (ArrowFormat.Type.FloatingPoint, OneInt16(builder, 1));
            case TypeKind.Float64: return (ArrowFormat.Type.FloatingPoint, OneInt16(builder, 2));
            case TypeKind.Date32: return (ArrowFormat.Type.Date, OneInt16(builder, 0));
            case TypeKind.Utf8: return (ArrowFormat.Type.Utf8, Empty(builder));
            case TypeKind.Binary: return (ArrowFormat.Type.Binary, Empty(builder));
            case TypeKind.List: return (ArrowFormat.Type.List, Empty(builder));
            case TypeKind.Struct: return (ArrowFormat.Type.Struct, Empty(builder));
            case TypeKind.TimestampMicros:
                int zone = builder.AddString("UTC");
                builder.BeginTable();
                builder.AddInt16(0, Microsecond);
                builder.AddOffset(1, zone);
                return (ArrowFormat.Type.Timestamp, builder.EndTable());
            case TypeKind.Decimal128:
                var exact = (DecimalType)type;
                builder.BeginTable();
                builder.AddInt32(0, exact.Precision);
                builder.AddInt32(1, exact.Scale);
                builder.AddInt32(2, 128);
                return (ArrowFormat.Type.Decimal, builder.EndTable());
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "No Arrow type for this.");
        }
    }

    private static int Empty(FlatBufferBuilder builder)
    {
        builder.BeginTable();
        return builder.EndTable();
    }

    private static int Integer(FlatBufferBuilder builder, int bits)
    {
        builder.BeginTable();
        builder.AddInt32(0, bits);
        builder.AddByte(1, 1);
        return builder.EndTable();
    }

    private static int OneInt16(FlatBufferBuilder builder, short value)
    {
        builder.BeginTable();
        builder.AddInt16(0, value);
        return builder.EndTable();
    }

    private static int WritePair(FlatBufferBuilder builder, string key, string value)
    {
        int keyAt = builder.AddString(key);
        int valueAt = builder.AddString(value);
        builder.BeginTable();
        builder.AddOffset(0, keyAt);
        builder.AddOffset(1, valueAt);
        return builder.EndTable();
    }
}
