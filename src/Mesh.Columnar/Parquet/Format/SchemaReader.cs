namespace Mesh.Columnar.Parquet;

/// <summary>Finds the columns in a file's schema elements. Types that have no place in the lake are refused by name.</summary>
internal sealed class SchemaReader
{
    private readonly IReadOnlyList<SchemaElement> elements;
    private int next = 1;
    private int leaf;

    private SchemaReader(IReadOnlyList<SchemaElement> elements) => this.elements = elements;

    /// <summary>Number of leaves, which is that of the column chunks in each row group.</summary>
    public static IReadOnlyList<ParquetNode> CreateNodes(IReadOnlyList<SchemaElement> elements, out int leafCount)
    {
        var reader = new SchemaReader(elements);
        var nodes = new List<ParquetNode>();
        reader.RequireChildren(elements[0]);
        for (int i = 0; i < elements[0].ChildCount; i++) nodes.Add(reader.ReadNode([], 0, 0, 0));
        if (reader.next != elements.Count) throw new ParquetDataException("its schema should end with its last column");
        leafCount = reader.leaf;
        return nodes;
    }

    private ParquetNode ReadNode(string[] parent, int definition, int repetition, int slot)
    {
        if (parent.Length > ParquetFormat.MaxDepth) throw new ParquetDataException($"its schema is nested deeper than {ParquetFormat.MaxDepth} levels", true);
        var element = Next();
        string[] path = [.. parent, element.Name];
        if (element.Repetition == Repetition.Repeated) throw Unsupported(path, "is repeated outside of a list of three layers");
        if (element.Repetition is not (Repetition.Required or Repetition.Optional)) throw new ParquetDataException("its schema holds an unknown repetition");
        bool isNullable = element.Repetition == Repetition.Optional;
        if (isNullable) definition++;
        int firstLeaf = leaf;
        DataType type;
        IReadOnlyList<ParquetNode> children;
        if (element.Type is not null)
        {
            type = TypeOf(element, path);
            children = [];
            leaf++;
        }
        else if (element.Logical == LogicalKind.List || element.Converted == ConvertedType.List)
        {
            var item = ReadElementNode(element, path, definition, repetition);
            type = new ListType(item.Field);
            children = [item];
        }
        else if (element.Logical == LogicalKind.Map || element.Converted is ConvertedType.Map or ConvertedType.MapKeyValue)
        {
            throw Unsupported(path, "is a map");
        }
        else
        {
            RequireChildren(element);
            children = ReadFields(element.ChildCount, path, definition, repetition, slot);
            type = new StructType([.. children.Select(child => child.Field)]);
        }

        return new ParquetNode
        {
            Field = new Field(element.Name, type, isNullable, element.FieldId),
            Path = path,
            DefinitionLevel = definition,
            RepetitionLevel = repetition,
            SlotDefinitionLevel = slot,
            Children = children,
            LeafIndex = firstLeaf,
            PhysicalType = element.Type ?? default,
            TypeLength = element.TypeLength,
        };
    }

    private List<ParquetNode> ReadFields(int count, string[] path, int definition, int repetition, int slot)
    {
        var fields = new List<ParquetNode>();
        for (int i = 0; i < count; i++) fields.Add(ReadNode(path, definition, repetition, slot));
        return fields;
    }

    /// <summary>The layer between a list and its element (LogicalTypes.md, "Lists").</summary>
    private ParquetNode ReadElementNode(SchemaElement list, string[] path, int definition, int repetition)
    {
        var layer = Next();
        if (list.ChildCount != 1 || layer.Repetition != Repetition.Repeated || layer.Type is not null || layer.ChildCount != 1)
        {
            throw Unsupported(path, "is a list of other than three layers");
        }

        return ReadNode([.. path, layer.Name], definition + 1, repetition + 1, definition + 1);
    }

    private SchemaElement Next() => next < elements.Count ? elements[next++] : throw new ParquetDataException("its schema ends before its last column");

    private void RequireChildren(SchemaElement group)
    {
        if (group.ChildCount <= 0 || group.ChildCount > elements.Count - next) throw new ParquetDataException($"its schema gives the group '{group.Name}' {group.ChildCount} children");
    }

    private static DataType TypeOf(SchemaElement element, string[] path)
    {
        bool isDecimal = element.Logical == LogicalKind.Decimal || element.Converted == ConvertedType.Decimal;
        switch (element.Type)
        {
            case PhysicalType.Boolean: return DataType.Boolean;
            case PhysicalType.Float: return DataType.Float32;
            case PhysicalType.Double: return DataType.Float64;
            case PhysicalType.Int32 or PhysicalType.Int64 when isDecimal: return DecimalOf(element, path);
            case PhysicalType.Int32 when element.Logical == LogicalKind.Date || element.Converted == ConvertedType.Date: return DataType.Date32;
            case PhysicalType.Int32 when IsPlainInteger(element, 32): return DataType.Int32;
            case PhysicalType.Int64 when element.Unit == TimeUnit.Micros && element.Logical == LogicalKind.Timestamp: return DataType.TimestampMicros;
            case PhysicalType.Int64 when element.Logical == LogicalKind.None && element.Converted == ConvertedType.TimestampMicros: return DataType.TimestampMicros;
            case PhysicalType.Int64 when IsPlainInteger(element, 64): return DataType.Int64;
            case PhysicalType.ByteArray when isDecimal: throw Unsupported(path, "is a decimal of variable length");
            case PhysicalType.ByteArray:
                return element.Logical is LogicalKind.String or LogicalKind.Enum or LogicalKind.Json
                    || element.Converted is ConvertedType.Utf8 or ConvertedType.Enum or ConvertedType.Json ? DataType.Utf8 : DataType.Binary;
            case PhysicalType.FixedLenByteArray when element.TypeLength is <= 0 or > 1 << 20:
                throw new ParquetDataException($"its schema gives '{string.Join('.', path)}' a length of {element.TypeLength} bytes");
            case PhysicalType.FixedLenByteArray when isDecimal:
                return element.TypeLength <= 16 ? DecimalOf(element, path) : throw Unsupported(path, $"is a decimal of {element.TypeLength} bytes");
            case PhysicalType.FixedLenByteArray: return DataType.Binary;
            default: throw Unsupported(path, $"has the type {element.Type} {element.Logical} {element.Converted}");
        }
    }

    /// <summary>Integers without annotation, and signed or small ones that fit the physical type unchanged.</summary>
    private static bool IsPlainInteger(SchemaElement element, int bits)
    {
        if (element.Logical == LogicalKind.Integer) return element.IsSigned || element.IntegerBits < bits;
        if (element.Logical != LogicalKind.None) return false;
        return element.Converted is null or ConvertedType.Int8 or ConvertedType.Int16 or ConvertedType.Int32 or ConvertedType.Int64
            or ConvertedType.UInt8 or ConvertedType.UInt16;
    }

    private static DecimalType DecimalOf(SchemaElement element, string[] path) =>
        element.Precision is >= 1 and <= 38 && element.Scale >= 0 && element.Scale <= element.Precision
            ? new DecimalType(element.Precision, element.Scale)
            : throw Unsupported(path, $"is a decimal of {element.Precision} digits with {element.Scale} after the point");

    private static ParquetDataException Unsupported(string[] path, string what) => new($"its column '{string.Join('.', path)}' {what}", isUnsupported: true);
}
