using System.Globalization;
using Mesh.Model;

namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>Reads schemas (Schema.fbs) and maps their types to ours; unsigned and small ones are widened as design §8 says.</summary>
/// <param name="file">Name for messages to people.</param>
internal sealed class ArrowSchemaReader(string file)
{
    private const int MaxNesting = 64;

    // Places of a FlatBuffer may be named any number of times: a few bytes could be fields without end.
    private const long MaxFields = 1 << 20, MaxTextBytes = 64 << 20;

    private long fields;
    private long textBytes;

    /// <exception cref="InvalidDataException">The schema is broken.</exception>
    /// <exception cref="MeshException">It cannot be read.</exception>
    public List<ArrowField> Read(FlatTable schema)
    {
        if (schema.GetInt16(0) != 0) throw new MeshException("MESH10702", $"'{file}' is an Arrow file of a big-endian machine, which is not read. Write it on a little-endian one.");
        return [.. Counted(schema.GetTables(1)).Select(field => ReadField(field, 0))];
    }

    /// <summary>Key-value pairs; of equal keys the last one counts.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public Dictionary<string, string> ReadPairs(FlatTable[] pairs)
    {
        var metadata = new Dictionary<string, string>();
        foreach (var pair in Counted(pairs)) metadata[Text(pair)] = Counted(pair.GetString(1)) ?? "";
        return metadata;
    }

    private FlatTable[] Counted(FlatTable[] tables)
    {
        fields += tables.Length;
        return fields <= MaxFields ? tables : throw new MeshException("MESH10703", $"'{file}' has more than {MaxFields:N0} fields and pairs of metadata.");
    }

    private string? Counted(string? text)
    {
        textBytes += text?.Length ?? 0;
        return textBytes <= MaxTextBytes ? text : throw new MeshException("MESH10703", $"'{file}': names and metadata are longer than {MaxTextBytes:N0} characters.");
    }

    private string Text(FlatTable named) => Counted(named.GetString(0)) ?? "";

    private ArrowField ReadField(FlatTable table, int depth)
    {
        if (depth > MaxNesting) throw new MeshException("MESH10703", $"'{file}': columns nest deeper than {MaxNesting}.");
        var pairs = ReadPairs(table.GetTables(6));
        int id = pairs.TryGetValue(ArrowFormat.FieldIdKey, out string? idText) && int.TryParse(idText, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
        var place = new Field(Text(table), DataType.Boolean, table.GetBoolean(1), id) { Doc = pairs.GetValueOrDefault(ArrowFormat.DescriptionKey) };
        List<ArrowField> children = [.. Counted(table.GetTables(5)).Select(child => ReadField(child, depth + 1))];
        bool isUuid = pairs.GetValueOrDefault(ArrowFormat.ExtensionNameKey) == ArrowFormat.UuidExtension;
        var plain = ReadType(table.GetByte(2), table.GetTable(3), place, children, isUuid);
        if (table.GetTable(4) is not { } dictionary) return plain;

        var index = dictionary.GetTable(1) is { } type ? Integer(place, type.GetInt32(0), type.GetBoolean(1)) : Integer(place, 32, true);
        return plain with { DictionaryId = dictionary.GetInt64(0), Index = index };
    }

    private ArrowField ReadType(byte kind, FlatTable? type, Field place, List<ArrowField> children, bool isUuid)
    {
        var table = type ?? throw Unknown(place, "without a type");
        switch (kind)
        {
            case ArrowFormat.Type.Null: return Make(DataType.Boolean, ArrowLayout.Null, isNullable: true);
            case ArrowFormat.Type.Bool: return Make(DataType.Boolean, ArrowLayout.Boolean);
            case ArrowFormat.Type.Int: return Integer(place, table.GetInt32(0), table.GetBoolean(1));
            case ArrowFormat.Type.FloatingPoint:
                return table.GetInt16(0) switch
                {
                    0 => Fixed(DataType.Float16),
                    1 => Fixed(DataType.Float32),
                    _ => Fixed(DataType.Float64),
                };
            case ArrowFormat.Type.Utf8: return Make(DataType.Utf8, ArrowLayout.Variable);
            case ArrowFormat.Type.Binary: return Make(DataType.Binary, ArrowLayout.Variable);
            case ArrowFormat.Type.LargeUtf8: return Make(DataType.Utf8, ArrowLayout.LargeVariable);
            case ArrowFormat.Type.LargeBinary: return Make(DataType.Binary, ArrowLayout.LargeVariable);
            case ArrowFormat.Type.Utf8View: return Make(DataType.Utf8, ArrowLayout.View);
            case ArrowFormat.Type.BinaryView: return Make(DataType.Binary, ArrowLayout.View);
            case ArrowFormat.Type.FixedSizeBinary:
                int width = Positive(table.GetInt32(0));
                if (isUuid && width == 16) return Fixed(DataType.Uuid);
                return width == 0 ? Make(DataType.Binary, ArrowLayout.EqualBinary) : Fixed(new FixedBinaryType(width));
            case ArrowFormat.Type.Decimal when table.GetInt32(0) is > 0 and <= 38 and var precision && table.GetInt32(1) is >= 0 and var scale && scale <= precision:
                return table.GetInt32(2, 128) switch
                {
                    128 => Fixed(new DecimalType(precision, scale)),
                    32 or 64 => Make(new DecimalType(precision, scale), ArrowLayout.Integer, table.GetInt32(2)),
                    _ => throw Unknown(place, $"a decimal of {table.GetInt32(2)} bits"),
                };
            case ArrowFormat.Type.Date:
                // Milliseconds of a date are whole days.
                return table.GetInt16(0, 1) == 0 ? Fixed(DataType.Date32) : Make(DataType.Date32, ArrowLayout.Integer, 64, -86_400_000);
            case ArrowFormat.Type.Timestamp: return Timestamp(table);
            case ArrowFormat.Type.Time:
                return table.GetInt16(0, 1) switch
                {
                    0 => Make(DataType.TimeMicros, ArrowLayout.Integer, Bits(table.GetInt32(1, 32)), 1_000_000),
                    1 => Make(DataType.TimeMicros, ArrowLayout.Integer, Bits(table.GetInt32(1, 32)), 1000),
                    2 => Make(DataType.TimeMicros, ArrowLayout.Integer, Bits(table.GetInt32(1, 32))),
                    // Microseconds would lose the last three digits.
                    _ => Integer(place, table.GetInt32(1, 32), true),
                };
            case ArrowFormat.Type.Duration: return Fixed(DataType.Int64);
            case ArrowFormat.Type.List when children.Count == 1: return Make(new ListType(children[0].Field), ArrowLayout.List);
            case ArrowFormat.Type.LargeList when children.Count == 1: return Make(new ListType(children[0].Field), ArrowLayout.LargeList);
            case ArrowFormat.Type.ListView when children.Count == 1: return Make(new ListType(children[0].Field), ArrowLayout.ListView);
            case ArrowFormat.Type.LargeListView when children.Count == 1: return Make(new ListType(children[0].Field), ArrowLayout.LargeListView);
            case ArrowFormat.Type.FixedSizeList when children.Count == 1: return Make(new ListType(children[0].Field), ArrowLayout.FixedList, Positive(table.GetInt32(0)));
            case ArrowFormat.Type.Map when children.Count == 1 && children[0] is { Layout: ArrowLayout.Struct, Children.Count: 2, DictionaryId: null } entries:
                var map = new MapType(entries.Children[0].Field with { Nullable = false }, entries.Children[1].Field);
                return new ArrowField(place with { Type = map }, ArrowLayout.List, 0, true, 1, [entries with { Field = map.Entries }]);
            case ArrowFormat.Type.Struct: return Make(new StructType([.. children.Select(child => child.Field)]), ArrowLayout.Struct);
            case ArrowFormat.Type.RunEndEncoded when children.Count == 2 && children[0].Field.Type.Kind is (TypeKind.Int32 or TypeKind.Int64) && children[0].Layout == ArrowLayout.Integer:
                return Make(children[1].Field.Type, ArrowLayout.RunEndEncoded, isNullable: children[1].Field.Nullable);
            default: throw Unknown(place, $"of Arrow type {kind}");
        }

        ArrowField Make(DataType becomes, ArrowLayout layout, int width = 0, long scale = 1, bool? isNullable = null) =>
            new(place with { Type = becomes, Nullable = isNullable ?? place.Nullable }, layout, width, true, scale, children);

        ArrowField Fixed(DataType becomes) => Make(becomes, ArrowLayout.Fixed, becomes.ByteWidth);

        ArrowField Timestamp(FlatTable timestamp)
        {
            bool isInstant = !string.IsNullOrEmpty(timestamp.GetString(1));
            var micros = isInstant ? DataType.TimestampMicros : DataType.LocalTimestampMicros;
            return timestamp.GetInt16(0) switch
            {
                0 => Make(micros, ArrowLayout.Integer, 64, 1_000_000),
                1 => Make(micros, ArrowLayout.Integer, 64, 1000),
                2 => Fixed(micros),
                _ => Fixed(isInstant ? DataType.TimestampNanos : DataType.LocalTimestampNanos),
            };
        }
    }

    private static int Positive(int value) => value >= 0 ? value : throw new InvalidDataException("a fixed size is negative");

    private static int Bits(int bits) => bits is 8 or 16 or 32 or 64 ? bits : throw new InvalidDataException("an integer has a width that is none of 8, 16, 32 and 64");

    private static ArrowField Integer(Field place, int bits, bool signed)
    {
        DataType becomes = (Bits(bits), signed) switch
        {
            (64, false) => new DecimalType(20, 0),
            (64, true) or (32, false) => DataType.Int64,
            _ => DataType.Int32,
        };
        return new ArrowField(place with { Type = becomes }, ArrowLayout.Integer, bits, signed, 1, []);
    }

    private MeshException Unknown(Field column, string what) =>
        new("MESH10701", $"'{file}': column '{column.Name}' is {what}, which is not read. Cast it when writing, or leave it out.");
}
