namespace Mesh.Columnar.Parquet;

/// <summary>Finds the columns in a file's schema elements. Types that have no place in the lake are refused by name.</summary>
internal sealed class SchemaReader
{
    private readonly IReadOnlyList<SchemaElement> elements;
    private int next = 1;
    private int leaf;

    private SchemaReader(IReadOnlyList<SchemaElement> elements) => this.elements = elements;

    /// <summary>Dremel levels around a node.</summary>
    private readonly record struct Levels(int Definition, int Repetition, int Slot)
    {
        public Levels Optional => this with { Definition = Definition + 1 };

        /// <summary>Inside of a list: every element has a place of its own.</summary>
        public Levels Repeated => new(Definition + 1, Repetition + 1, Definition + 1);
    }

    /// <summary>Number of leaves, which is that of the column chunks in each row group.</summary>
    public static IReadOnlyList<ParquetNode> CreateNodes(IReadOnlyList<SchemaElement> elements, out int leafCount)
    {
        var reader = new SchemaReader(elements);
        leafCount = 0;

        // A table without columns is written as a root without children.
        if (elements is [{ ChildCount: 0 }]) return [];
        var nodes = reader.ReadFields(elements[0], [], default);
        if (reader.next != elements.Count) throw new ParquetDataException("its schema should end with its last column");
        leafCount = reader.leaf;
        return nodes;
    }

    private List<ParquetNode> ReadFields(SchemaElement group, string[] path, Levels levels)
    {
        RequireChildren(group);
        var fields = new List<ParquetNode>();
        for (int i = 0; i < group.ChildCount; i++) fields.Add(ReadNode(path, levels));
        return fields;
    }

    private ParquetNode ReadNode(string[] parent, Levels levels)
    {
        var element = Next(parent);
        string[] path = [.. parent, element.Name];
        switch (element.Repetition)
        {
            case Repetition.Required: return ReadValue(element, path, levels, isNullable: false);
            case Repetition.Optional: return ReadValue(element, path, levels.Optional, isNullable: true, levels.Slot);
            case Repetition.Repeated:
                // Repeated outside of a list: a required list of required elements.
                int first = leaf;
                var item = ReadValue(element, path, levels.Repeated, isNullable: false);
                return Group(new Field(element.Name, new ListType(item.Field with { Name = "element" }), Nullable: false, element.FieldId), path, levels, levels.Slot, [item], first);
            default:
                throw new ParquetDataException("its schema holds an unknown repetition");
        }
    }

    private ParquetNode ReadValue(SchemaElement element, string[] path, Levels levels, bool isNullable, int? slot = null)
    {
        int first = leaf;
        int place = slot ?? levels.Slot;
        if (element.Type is not null)
        {
            leaf++;
            var (type, stored) = StoredTypes.Of(element, path);
            return new ParquetNode
            {
                Field = new Field(element.Name, type, isNullable, element.FieldId),
                Path = path,
                DefinitionLevel = levels.Definition,
                RepetitionLevel = levels.Repetition,
                SlotDefinitionLevel = place,
                LeafIndex = first,
                PhysicalType = element.Type.Value,
                TypeLength = element.TypeLength,
                Stored = stored,
            };
        }

        bool isList = element.Logical == LogicalKind.List || element.Converted == ConvertedType.List;
        bool isMap = element.Logical == LogicalKind.Map || element.Converted is ConvertedType.Map or ConvertedType.MapKeyValue;
        if (isList && element.ChildCount == 1 && next < elements.Count && elements[next].Repetition == Repetition.Repeated)
        {
            var item = ReadElement(element, path, levels);
            return Group(new Field(element.Name, new ListType(item.Field), isNullable, element.FieldId), path, levels, place, [item], first);
        }

        if (isMap && element.ChildCount == 1 && next < elements.Count && elements[next] is { Repetition: Repetition.Repeated, Type: null })
        {
            var entries = ReadEntries(path, levels);
            DataType type = entries.Field.Type is StructType { Fields: [var key, var value] } ? new MapType(key, value) : new ListType(entries.Field);
            return Group(new Field(element.Name, type, isNullable, element.FieldId), path, levels, place, [entries], first);
        }

        var children = ReadFields(element, path, levels);
        return Group(new Field(element.Name, new StructType([.. children.Select(child => child.Field)]), isNullable, element.FieldId), path, levels, place, children, first);
    }

    /// <summary>The element of a list, in three layers or, as older writers have it, in two (LogicalTypes.md, "Lists", backward-compatibility rules).</summary>
    private ParquetNode ReadElement(SchemaElement list, string[] path, Levels levels)
    {
        var layer = Next(path);
        string[] layerPath = [.. path, layer.Name];
        bool isElementItself = layer.Type is not null
            || layer.ChildCount != 1
            || (next < elements.Count && elements[next].Repetition == Repetition.Repeated)
            || layer.Name == "array"
            || layer.Name == list.Name + "_tuple";
        if (!isElementItself) return ReadNode(layerPath, levels.Repeated);
        return ReadValue(layer, layerPath, levels.Repeated, isNullable: false);
    }

    /// <summary>The repeated group of key and value in a map; a map without values is a list of its keys.</summary>
    private ParquetNode ReadEntries(string[] path, Levels levels)
    {
        var layer = Next(path);
        string[] layerPath = [.. path, layer.Name];
        int first = leaf;
        var inner = levels.Repeated;
        var children = ReadFields(layer, layerPath, inner);
        if (children.Count == 1) return children[0];
        if (children.Count != 2) throw StoredTypes.Unsupported(path, $"is a map whose entries have {children.Count} fields");
        Field[] fields = [children[0].Field with { Nullable = false }, children[1].Field];
        return Group(new Field("key_value", new StructType(fields), Nullable: false), layerPath, inner, inner.Slot, children, first);
    }

    private static ParquetNode Group(Field field, string[] path, Levels levels, int slot, IReadOnlyList<ParquetNode> children, int firstLeaf) => new()
    {
        Field = field,
        Path = path,
        DefinitionLevel = levels.Definition,
        RepetitionLevel = levels.Repetition,
        SlotDefinitionLevel = slot,
        Children = children,
        LeafIndex = firstLeaf,
    };

    private SchemaElement Next(string[] parent)
    {
        if (parent.Length > ParquetFormat.MaxDepth) throw new ParquetDataException($"its schema is nested deeper than {ParquetFormat.MaxDepth} levels", true);
        return next < elements.Count ? elements[next++] : throw new ParquetDataException("its schema ends before its last column");
    }

    private void RequireChildren(SchemaElement group)
    {
        if (group.ChildCount <= 0 || group.ChildCount > elements.Count - next) throw new ParquetDataException($"its schema gives the group '{group.Name}' {group.ChildCount} children");
    }
}
