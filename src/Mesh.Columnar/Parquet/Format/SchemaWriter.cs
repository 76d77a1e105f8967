using Mesh.Model;

namespace Mesh.Columnar.Parquet;

/// <summary>Lays a schema out as Parquet's (LogicalTypes.md): 3-level lists, decimals as 16 bytes, instants in UTC microseconds.</summary>
internal static class SchemaWriter
{
    /// <summary>Number of bytes of a decimal; enough for every precision.</summary>
    public const int DecimalBytes = 16;

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
        else
        {
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
            PhysicalType = PhysicalTypeOf(field.Type.Kind),
            TypeLength = field.Type.Kind == TypeKind.Decimal128 ? DecimalBytes : 0,
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
            default:
                elements.Add(Annotate(element with { Type = PhysicalTypeOf(field.Type.Kind) }, field.Type));
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
        DecimalType exact => element with
        {
            TypeLength = DecimalBytes,
            Converted = ConvertedType.Decimal,
            Logical = LogicalKind.Decimal,
            Precision = exact.Precision,
            Scale = exact.Scale,
        },
        _ => element,
    };

    private static PhysicalType PhysicalTypeOf(TypeKind kind) => kind switch
    {
        TypeKind.Boolean => PhysicalType.Boolean,
        TypeKind.Int32 or TypeKind.Date32 => PhysicalType.Int32,
        TypeKind.Int64 or TypeKind.TimestampMicros => PhysicalType.Int64,
        TypeKind.Float32 => PhysicalType.Float,
        TypeKind.Float64 => PhysicalType.Double,
        TypeKind.Decimal128 => PhysicalType.FixedLenByteArray,
        _ => PhysicalType.ByteArray,
    };

    private static MeshException Unfit(string what) => new("MESH10906", $"{what}. The rows cannot be written as Parquet.");
}
