using Mesh.Model;

namespace Mesh.Columnar.Parquet;

/// <summary>
/// Lays a schema out as Parquet's (LogicalTypes.md): lists and maps of three levels, decimals as Iceberg wants them (appendix A, "Parquet"): in 32
/// bits, in 64, or in as few bytes as hold the precision.
/// </summary>
internal static class SchemaWriter
{
    private const int MaxInt32Digits = 9;
    private const int MaxInt64Digits = 18;

    /// <summary>The nodes of the top-level columns.</summary>
    /// <exception cref="MeshException"><c>MESH10906</c>: Parquet cannot hold the schema.</exception>
    public static IReadOnlyList<ParquetNode> CreateNodes(Schema schema)
    {
        if (schema.Fields.Count == 0) throw Unfit("The schema has no columns");
        int leaf = 0;
        return [.. schema.Fields.Select(field => CreateNode(field, [field.Name], 0, 0, 0, ref leaf))];
    }

    /// <summary>The schema as the footer lists it: depth first, the root ahead.</summary>
    public static IReadOnlyList<SchemaElement> CreateElements(Schema schema)
    {
        var elements = new List<SchemaElement> { new() { Name = "schema", ChildCount = schema.Fields.Count } };
        foreach (var field in schema.Fields) AddElements(elements, field, field.Name);
        return elements;
    }

    /// <summary>The leaves below a node, in order.</summary>
    public static IEnumerable<ParquetNode> Leaves(ParquetNode node) => node.IsLeaf ? [node] : node.Children.SelectMany(Leaves);

    private static ParquetNode CreateNode(Field field, string[] path, int definition, int repetition, int slot, ref int leaf)
    {
        if (path.Length > ParquetFormat.MaxDepth) throw Unfit($"'{string.Join('.', path)}' is nested deeper than {ParquetFormat.MaxDepth} levels");
        if (field.Nullable) definition++;
        int firstLeaf = leaf;
        var children = new List<ParquetNode>();
        if (field.Type is StructType structure)
        {
            if (structure.Fields.Count == 0) throw Unfit($"The struct '{string.Join('.', path)}' has no fields; leave the column out, which Parquet requires");
            foreach (var child in structure.Fields)
            {
                children.Add(CreateNode(child, [.. path, child.Name], definition, repetition, slot, ref leaf));
            }
        }
        else if (field.Type is ListType list)
        {
            children.Add(CreateNode(list.Element, [.. path, "list", "element"], definition + 1, repetition + 1, definition + 1, ref leaf));
        }
        else if (field.Type is MapType map)
        {
            children.Add(CreateNode(EntriesOf(map), [.. path, "key_value"], definition + 1, repetition + 1, definition + 1, ref leaf));
        }
        else
        {
            if (field.Type is FixedBinaryType { ByteCount: <= 0 }) throw Unfit($"The values of '{string.Join('.', path)}' have no bytes; leave the column out, whose length Parquet requires");
            leaf++;
        }

        return new ParquetNode
        {
            Field = field,
            Path = path,
            DefinitionLevel = definition,
            RepetitionLevel = repetition,
            SlotDefinitionLevel = slot,
            Children = children,
            LeafIndex = firstLeaf,
            PhysicalType = PhysicalTypeOf(field.Type),
            TypeLength = TypeLengthOf(field.Type),
        };
    }

    private static void AddElements(List<SchemaElement> elements, Field field, string name)
    {
        var element = new SchemaElement
        {
            Name = name,
            FieldId = field.Id,
            Repetition = field.Nullable ? Repetition.Optional : Repetition.Required,
        };
        switch (field.Type)
        {
            case StructType structure:
                elements.Add(element with { ChildCount = structure.Fields.Count });
                foreach (var child in structure.Fields) AddElements(elements, child, child.Name);
                break;
            case ListType list:
                elements.Add(element with { ChildCount = 1, Converted = ConvertedType.List, Logical = LogicalKind.List });
                elements.Add(new SchemaElement { Name = "list", ChildCount = 1, Repetition = Repetition.Repeated });
                AddElements(elements, list.Element, "element");
                break;
            case MapType map:
                elements.Add(element with { ChildCount = 1, Converted = ConvertedType.Map, Logical = LogicalKind.Map });
                elements.Add(new SchemaElement { Name = "key_value", ChildCount = 2, Repetition = Repetition.Repeated });
                foreach (var child in ((StructType)EntriesOf(map).Type).Fields) AddElements(elements, child, child.Name);
                break;
            default:
                elements.Add(Annotate(element with { Type = PhysicalTypeOf(field.Type), TypeLength = TypeLengthOf(field.Type) }, field.Type));
                break;
        }
    }

    private static SchemaElement Annotate(SchemaElement element, DataType type) => type switch
    {
        { Kind: TypeKind.Utf8 } => element with { Converted = ConvertedType.Utf8, Logical = LogicalKind.String },
        { Kind: TypeKind.Date32 } => element with { Converted = ConvertedType.Date, Logical = LogicalKind.Date },
        { Kind: TypeKind.TimestampMicros } => element with
        {
            Converted = ConvertedType.TimestampMicros, Logical = LogicalKind.Timestamp, Unit = TimeUnit.Micros,
        },
        { Kind: TypeKind.TimestampNanos } => element with { Logical = LogicalKind.Timestamp, Unit = TimeUnit.Nanos },

        // The old annotations mean UTC: what has no zone has none of them.
        { Kind: TypeKind.LocalTimestampMicros } => element with { Logical = LogicalKind.Timestamp, Unit = TimeUnit.Micros, IsAdjustedToUtc = false },
        { Kind: TypeKind.LocalTimestampNanos } => element with { Logical = LogicalKind.Timestamp, Unit = TimeUnit.Nanos, IsAdjustedToUtc = false },
        { Kind: TypeKind.TimeMicros } => element with { Logical = LogicalKind.Time, Unit = TimeUnit.Micros, IsAdjustedToUtc = false },
        { Kind: TypeKind.Uuid } => element with { Logical = LogicalKind.Uuid },
        { Kind: TypeKind.Float16 } => element with { Logical = LogicalKind.Float16 },
        DecimalType exact => element with
        {
            Converted = ConvertedType.Decimal,
            Logical = LogicalKind.Decimal,
            Precision = exact.Precision,
            Scale = exact.Scale,
        },
        _ => element,
    };

    private static PhysicalType PhysicalTypeOf(DataType type) => type switch
    {
        DecimalType { Precision: <= MaxInt32Digits } => PhysicalType.Int32,
        DecimalType { Precision: <= MaxInt64Digits } => PhysicalType.Int64,
        _ => type.Kind switch
        {
            TypeKind.Boolean => PhysicalType.Boolean,
            TypeKind.Int32 or TypeKind.Date32 => PhysicalType.Int32,
            TypeKind.Int64 or TypeKind.TimestampMicros or TypeKind.TimestampNanos or TypeKind.LocalTimestampMicros or TypeKind.LocalTimestampNanos
                or TypeKind.TimeMicros => PhysicalType.Int64,
            TypeKind.Float32 => PhysicalType.Float,
            TypeKind.Float64 => PhysicalType.Double,
            TypeKind.Float16 or TypeKind.Decimal128 or TypeKind.Uuid or TypeKind.FixedBinary => PhysicalType.FixedLenByteArray,
            _ => PhysicalType.ByteArray,
        },
    };

    private static int TypeLengthOf(DataType type)
    {
        if (PhysicalTypeOf(type) != PhysicalType.FixedLenByteArray) return 0;
        return type is DecimalType exact ? BytesForDigits(exact.Precision) : type.ByteWidth;
    }

    /// <summary>The fewest bytes whose two's complement holds every number of so many digits.</summary>
    private static int BytesForDigits(int digits)
    {
        var largest = Int128.One;
        for (int i = 0; i < digits; i++) largest *= 10;
        int bits = 129 - (int)Int128.LeadingZeroCount(largest - 1);
        return (bits + 7) / 8;
    }

    /// <summary>A map's entries under the names the format wants.</summary>
    private static Field EntriesOf(MapType map) =>
        new MapType(map.Key with { Name = "key", Nullable = false }, map.Value with { Name = "value" }).Entries;

    private static MeshException Unfit(string what) => new("MESH10906", $"{what}. The rows cannot be written as Parquet.");
}
