using Mesh.Model;

namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>Reads schemas (Schema.fbs) and maps their types to ours; unsigned and small ones are widened as design §8 says.</summary>
internal static class ArrowSchemaReader
{
    private const int MaxNesting = 64;

    public static List<ArrowField> Read(FlatTable schema, string name)
    {
        if (schema.GetInt16(0) != 0) throw new MeshException("MESH10702", $"'{name}' is an Arrow file of a big-endian machine, which is not read. Write it on a little-endian one.");
        return [.. schema.GetTables(1).Select(field => ReadField(field, name, 0))];
    }

    private static ArrowField ReadField(FlatTable table, string file, int depth)
    {
        if (depth > MaxNesting) throw new MeshException("MESH10703", $"'{file}': columns nest deeper than {MaxNesting}.");
        string name = table.GetString(0) ?? "";
        bool nullable = table.GetBoolean(1);
        List<ArrowField> children = [.. table.GetTables(5).Select(child => ReadField(child, file, depth + 1))];
        var plain = ReadType(table.GetByte(2), table.GetTable(3), name, nullable, children, file);
        if (table.GetTable(4) is not { } dictionary) return plain;

        var index = dictionary.GetTable(1) is { } type ? Integer(name, nullable, type.GetInt32(0), type.GetBoolean(1)) : Integer(name, nullable, 32, true);
        return plain with { DictionaryId = dictionary.GetInt64(0), Index = index };
    }

    private static ArrowField ReadType(byte kind, FlatTable? type, string name, bool nullable, List<ArrowField> children, string file)
    {
        var table = type ?? throw Unknown(file, name, "without a type");
        switch (kind)
        {
            case ArrowFormat.Type.Null: return Make(DataType.Boolean, ArrowLayout.Null);
            case ArrowFormat.Type.Bool: return Make(DataType.Boolean, ArrowLayout.Boolean);
            case ArrowFormat.Type.Int: return Integer(name, nullable, table.GetInt32(0), table.GetBoolean(1));
            case ArrowFormat.Type.FloatingPoint:
                return table.GetInt16(0) switch
                {
                    0 => Make(DataType.Float32, ArrowLayout.Float, 16),
                    1 => Make(DataType.Float32, ArrowLayout.Float, 32),
                    _ => Make(DataType.Float64, ArrowLayout.Float, 64),
                };
            case ArrowFormat.Type.Utf8: return Make(DataType.Utf8, ArrowLayout.Variable);
            case ArrowFormat.Type.Binary: return Make(DataType.Binary, ArrowLayout.Variable);
            case ArrowFormat.Type.LargeUtf8: return Make(DataType.Utf8, ArrowLayout.LargeVariable);
            case ArrowFormat.Type.LargeBinary: return Make(DataType.Binary, ArrowLayout.LargeVariable);
            case ArrowFormat.Type.FixedSizeBinary: return Make(DataType.Binary, ArrowLayout.FixedBinary, Positive(table.GetInt32(0)));
            case ArrowFormat.Type.Decimal when table.GetInt32(2, 128) == 128 && table.GetInt32(0) is > 0 and <= 38:
                return Make(new DecimalType(table.GetInt32(0), table.GetInt32(1)), ArrowLayout.Decimal, 128);
            case ArrowFormat.Type.Date:
                // Milliseconds of a date are whole days.
                return table.GetInt16(0, 1) == 0 ? Make(DataType.Date32, ArrowLayout.Integer, 32) : Make(DataType.Date32, ArrowLayout.Integer, 64, -86_400_000);
            case ArrowFormat.Type.Timestamp:
                return table.GetInt16(0) switch
                {
                    0 => Make(DataType.TimestampMicros, ArrowLayout.Integer, 64, 1_000_000),
                    1 => Make(DataType.TimestampMicros, ArrowLayout.Integer, 64, 1000),
                    2 => Make(DataType.TimestampMicros, ArrowLayout.Integer, 64),
                    // Microseconds would lose the last three digits.
                    _ => Make(DataType.Int64, ArrowLayout.Integer, 64),
                };
            case ArrowFormat.Type.Time: return Make(DataType.Int64, ArrowLayout.Integer, table.GetInt32(1, 32));
            case ArrowFormat.Type.Duration: return Make(DataType.Int64, ArrowLayout.Integer, 64);
            case ArrowFormat.Type.List or ArrowFormat.Type.Map when children.Count == 1: return Make(new ListType(children[0].Field), ArrowLayout.List);
            case ArrowFormat.Type.LargeList when children.Count == 1: return Make(new ListType(children[0].Field), ArrowLayout.LargeList);
            case ArrowFormat.Type.FixedSizeList when children.Count == 1: return Make(new ListType(children[0].Field), ArrowLayout.FixedList, Positive(table.GetInt32(0)));
            case ArrowFormat.Type.Struct: return Make(new StructType([.. children.Select(child => child.Field)]), ArrowLayout.Struct);
            default: throw Unknown(file, name, $"of Arrow type {kind}");
        }

        ArrowField Make(DataType becomes, ArrowLayout layout, int width = 0, long scale = 1) =>
            new(new Field(name, becomes, nullable || layout == ArrowLayout.Null), layout, width, true, scale, children, null);
    }

    private static int Positive(int value) => value >= 0 ? value : throw new InvalidDataException("a fixed size is negative");

    private static ArrowField Integer(string name, bool nullable, int bits, bool signed)
    {
        if (bits is not (8 or 16 or 32 or 64)) throw new InvalidDataException("an integer has a width that is none of 8, 16, 32 and 64");
        DataType becomes = (bits, signed) switch
        {
            (64, false) => new DecimalType(20, 0),
            (64, true) or (32, false) => DataType.Int64,
            _ => DataType.Int32,
        };
        return new ArrowField(new Field(name, becomes, nullable), ArrowLayout.Integer, bits, signed, 1, [], null);
    }

    private static MeshException Unknown(string file, string column, string what) =>
        new("MESH10701", $"'{file}': column '{column}' is {what}, which is not read. Cast it when writing, or leave it out.");
}
