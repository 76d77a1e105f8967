using System.Globalization;

namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>Writes schemas as FlatBuffers (Schema.fbs).</summary>
internal static class ArrowSchemaWriter
{
    private const short Microsecond = 2, Nanosecond = 3;

    public static int Write(FlatBufferBuilder builder, IReadOnlyList<ArrowColumn> columns, IReadOnlyDictionary<string, string> metadata)
    {
        int fields = builder.AddVector([.. columns.Select(column => WriteField(builder, column, column.Field.Name))]);
        int pairs = builder.AddVector([.. metadata.Select(pair => WritePair(builder, pair.Key, pair.Value))]);
        builder.BeginTable();
        builder.AddOffset(1, fields);
        builder.AddOffset(2, pairs);
        return builder.EndTable();
    }

    public static int WritePair(FlatBufferBuilder builder, string key, string value)
    {
        int keyAt = builder.AddString(key);
        int valueAt = builder.AddString(value);
        builder.BeginTable();
        builder.AddOffset(0, keyAt);
        builder.AddOffset(1, valueAt);
        return builder.EndTable();
    }

    private static int WriteField(FlatBufferBuilder builder, ArrowColumn column, string fieldName)
    {
        var field = column.Field;

        // The name that the format recommends for the struct of a map.
        int children = builder.AddVector([.. column.Children.Select(child => WriteField(builder, child, field.Type is MapType ? "entries" : child.Field.Name))]);
        int pairs = builder.AddVector([.. PairsOf(field).Select(pair => WritePair(builder, pair.Key, pair.Value))]);
        int name = builder.AddString(fieldName);
        int dictionary = column.Dictionary is { } encoding ? WriteEncoding(builder, encoding) : 0;
        var (kind, type) = WriteType(builder, field.Type);
        builder.BeginTable();
        builder.AddOffset(0, name);
        builder.AddByte(1, field.Nullable ? (byte)1 : (byte)0);
        builder.AddByte(2, kind);
        builder.AddOffset(3, type);
        if (dictionary != 0) builder.AddOffset(4, dictionary);
        builder.AddOffset(5, children);
        builder.AddOffset(6, pairs);
        return builder.EndTable();
    }

    private static IEnumerable<KeyValuePair<string, string>> PairsOf(Field field)
    {
        if (field.Doc is { } doc) yield return new(ArrowFormat.DescriptionKey, doc);
        if (field.Id != 0) yield return new(ArrowFormat.FieldIdKey, field.Id.ToString(CultureInfo.InvariantCulture));
        if (field.Type.Kind != TypeKind.Uuid) yield break;
        yield return new(ArrowFormat.ExtensionNameKey, ArrowFormat.UuidExtension);
        yield return new(ArrowFormat.ExtensionMetadataKey, "");
    }

    private static int WriteEncoding(FlatBufferBuilder builder, TextDictionary dictionary)
    {
        int index = Integer(builder, 32);
        builder.BeginTable();
        builder.AddInt64(0, dictionary.Id);
        builder.AddOffset(1, index);
        return builder.EndTable();
    }

    private static (byte Kind, int Position) WriteType(FlatBufferBuilder builder, DataType type)
    {
        switch (type.Kind)
        {
            case TypeKind.Boolean: return (ArrowFormat.Type.Bool, Empty(builder));
            case TypeKind.Int32: return (ArrowFormat.Type.Int, Integer(builder, 32));
            case TypeKind.Int64: return (ArrowFormat.Type.Int, Integer(builder, 64));
            case TypeKind.Float16: return (ArrowFormat.Type.FloatingPoint, OneInt16(builder, 0));
            case TypeKind.Float32: return (ArrowFormat.Type.FloatingPoint, OneInt16(builder, 1));
            case TypeKind.Float64: return (ArrowFormat.Type.FloatingPoint, OneInt16(builder, 2));
            case TypeKind.Date32: return (ArrowFormat.Type.Date, OneInt16(builder, 0));
            case TypeKind.Utf8: return (ArrowFormat.Type.Utf8, Empty(builder));
            case TypeKind.Binary: return (ArrowFormat.Type.Binary, Empty(builder));
            case TypeKind.List: return (ArrowFormat.Type.List, Empty(builder));
            case TypeKind.Map: return (ArrowFormat.Type.Map, Empty(builder));
            case TypeKind.Struct: return (ArrowFormat.Type.Struct, Empty(builder));
            case TypeKind.TimestampMicros: return (ArrowFormat.Type.Timestamp, Timestamp(builder, Microsecond, "UTC"));
            case TypeKind.TimestampNanos: return (ArrowFormat.Type.Timestamp, Timestamp(builder, Nanosecond, "UTC"));
            case TypeKind.LocalTimestampMicros: return (ArrowFormat.Type.Timestamp, Timestamp(builder, Microsecond, null));
            case TypeKind.LocalTimestampNanos: return (ArrowFormat.Type.Timestamp, Timestamp(builder, Nanosecond, null));
            case TypeKind.TimeMicros:
                builder.BeginTable();
                builder.AddInt16(0, Microsecond);
                builder.AddInt32(1, 64);
                return (ArrowFormat.Type.Time, builder.EndTable());
            case TypeKind.Uuid or TypeKind.FixedBinary:
                builder.BeginTable();
                builder.AddInt32(0, type.ByteWidth);
                return (ArrowFormat.Type.FixedSizeBinary, builder.EndTable());
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

    private static int Timestamp(FlatBufferBuilder builder, short unit, string? zone)
    {
        int zoneAt = zone is null ? 0 : builder.AddString(zone);
        builder.BeginTable();
        builder.AddInt16(0, unit);
        if (zoneAt != 0) builder.AddOffset(1, zoneAt);
        return builder.EndTable();
    }
}
