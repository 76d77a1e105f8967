using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Text;
using Mesh.Columnar;

namespace Mesh.Formats.Messages.FlatBuffers;

/// <summary>Reads a binary schema (reflection.fbs, <c>.bfbs</c>) as columns.</summary>
internal sealed class FlatSchema
{
    private readonly string schemaName;
    private readonly MessageDecoderOptions options;
    private readonly byte[] data;
    private readonly List<int> path = [];
    private int visited;
    private bool isUnsupported;

    private FlatSchema(string schemaName, byte[] data, MessageDecoderOptions options)
    {
        this.schemaName = schemaName;
        this.data = data;
        this.options = options;
    }

    /// <summary>The plan of the table a schema names; null when it has what no column can hold: a table within itself, a vector of unions.</summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH10307</c>: not a binary schema; <c>MESH10302</c> to <c>MESH10304</c>.</exception>
    public static FlatNode? Create(MessageSchema schema, MessageDecoderOptions options)
    {
        byte[] data = schema.Data.ToArray();
        var plan = new FlatSchema(schema.Name, data, options);
        try
        {
            if (data.Length < 8 || !data.AsSpan(4, 4).SequenceEqual("BFBS"u8)) throw SchemaErrors.NotABinarySchema(schema.Name, "it does not begin with the identifier BFBS");
            var reader = new FlatReader(data);
            int root = plan.Find(reader);
            var node = plan.Object(root, "", 0);
            return plan.isUnsupported || node.IsStruct ? null : node;
        }
        catch (MessageFormatException exception)
        {
            throw SchemaErrors.NotABinarySchema(schema.Name, exception.Message.TrimEnd('.'));
        }
    }

    private int Find(FlatReader reader)
    {
        int objects = reader.Field(reader.Root, 4);
        if (objects >= 0)
        {
            int at = reader.Vector(objects, 4, out int count);
            for (int i = 0; i < count; i++)
            {
                int candidate = reader.Follow(at + (4 * i));
                if (Text(reader, candidate, 4) == schemaName) return candidate;
            }
        }

        int root = reader.Field(reader.Root, 12);
        return root >= 0 && schemaName.Length == 0 ? reader.Follow(root) : throw SchemaErrors.UnknownType(schemaName, "table", schemaName);
    }

    private FlatNode Object(int place, string name, int depth)
    {
        if (depth > options.MaxNesting) throw SchemaErrors.TooDeep(schemaName, $"field '{name}'", options.MaxNesting);
        var reader = new FlatReader(data);
        bool isStruct = Scalar(reader, place, 8, 1, 0) != 0;
        path.Add(place);
        var fields = new List<(int Order, int Place, string Name)>();
        int vector = reader.Field(place, 6);
        if (vector >= 0)
        {
            int at = reader.Vector(vector, 4, out int count);
            for (int i = 0; i < count; i++)
            {
                int field = reader.Follow(at + (4 * i));
                if (Scalar(reader, field, 16, 1, 0) != 0) continue;
                fields.Add(((int)Scalar(reader, field, 10, 2, 0), field, Text(reader, field, 4)));
            }
        }

        // The schema lists fields by name; ids (in structs, places) give the order they were declared in.
        fields.Sort((left, right) => left.Order.CompareTo(right.Order));
        var nodes = new List<FlatNode>();
        var columns = new List<Field>();
        var names = new ColumnNames();
        foreach (var field in fields)
        {
            if (++visited > options.MaxFields) throw SchemaErrors.TooManyFields(schemaName, options.MaxFields);
            var node = FieldNode(reader, field.Place, name.Length == 0 ? field.Name : $"{name}.{field.Name}", isStruct, depth);
            nodes.Add(node);
            columns.Add(new Field(names.Claim(field.Name), node.Type));
        }

        path.RemoveAt(path.Count - 1);
        isUnsupported |= nodes.Count == 0 && depth > 0;
        return new FlatNode(FlatType.Obj, name)
        {
            IsStruct = isStruct, Size = (int)Scalar(reader, place, 12, 4, 0), Fields = [.. nodes], Type = new StructType(columns), Columns = 1 + nodes.Sum(node => node.Columns),
        };
    }

    private FlatNode FieldNode(FlatReader reader, int field, string name, bool isStruct, int depth)
    {
        int typePlace = reader.Field(field, 6);
        if (typePlace < 0) throw SchemaErrors.NotABinarySchema(schemaName, $"field '{name}' has no type");
        int type = reader.Follow(typePlace);
        int offset = (int)Scalar(reader, field, 10, 2, 0);
        var node = Value(reader, type, (FlatType)Scalar(reader, type, 4, 1, 0), name, depth);
        int real = reader.Field(field, 14);
        return node with
        {
            Offset = offset,
            // A union's type is the field before it.
            TypeOffset = offset - 2,
            DefaultInteger = Scalar(reader, field, 12, 8, 0),
            DefaultReal = real < 0 ? 0 : BinaryPrimitives.ReadDoubleLittleEndian(reader.At(real, 8)),
            IsOptional = !isStruct && Scalar(reader, field, 26, 1, 0) != 0,
        };
    }

    private FlatNode Value(FlatReader reader, int type, FlatType kind, string name, int depth)
    {
        int index = (int)Scalar(reader, type, 8, 4, -1);
        switch (kind)
        {
            case FlatType.Vector or FlatType.Array:
                var elementKind = (FlatType)Scalar(reader, type, 6, 1, 0);
                int length = (int)Scalar(reader, type, 10, 2, 0);
                if (elementKind == FlatType.UByte && index < 0) return new FlatNode(kind, name) { Type = DataType.Binary, FixedLength = length };
                if (elementKind is FlatType.Vector or FlatType.Array or FlatType.None or > FlatType.Union) throw SchemaErrors.NotABinarySchema(schemaName, $"field '{name}' is a list of lists");
                isUnsupported |= elementKind == FlatType.Union;
                var element = elementKind == FlatType.Union ? new FlatNode(FlatType.UByte, name) { Type = DataType.Int32 } : Value(reader, type, elementKind, $"{name}[]", depth + 1);
                int size = element is { Kind: FlatType.Obj, IsStruct: true } ? element.Size : FlatNode.SizeOf(element.Kind);
                if (size <= 0) throw SchemaErrors.NotABinarySchema(schemaName, $"field '{name}' has elements of {size} bytes");
                return new FlatNode(kind, name)
                {
                    Element = element, Size = size, FixedLength = length, Type = new ListType(new Field("element", element.Type)),
                    Columns = kind == FlatType.Array ? 1 + (length * element.Columns) : 1,
                };
            case FlatType.Obj:
                int place = Item(reader, 4, index, name);
                if (path.Contains(place))
                {
                    isUnsupported = true;
                    return new FlatNode(FlatType.UByte, name) { Type = DataType.Int32 };
                }

                return Object(place, name, depth + 1);
            case FlatType.Union: return Union(reader, index, name, depth);
            case FlatType.String: return new FlatNode(kind, name) { Type = DataType.Utf8 };
            case <= FlatType.Double and not FlatType.None:
                var names = index >= 0 ? EnumNames(reader, Item(reader, 6, index, name)) : null;
                return new FlatNode(kind, name) { EnumNames = names, Type = names is not null ? DataType.Utf8 : ColumnType(kind) };
            default: throw SchemaErrors.NotABinarySchema(schemaName, $"field '{name}' has the unknown type {(int)kind}");
        }
    }

    private FlatNode Union(FlatReader reader, int index, string name, int depth)
    {
        var variants = new List<(long Number, FlatNode Node)>();
        var columns = new List<Field>();
        var names = new ColumnNames();
        int values = reader.Field(Item(reader, 6, index, name), 6);
        int at = values < 0 ? 0 : reader.Vector(values, 4, out int count);
        for (int i = 0; values >= 0 && i < BinaryPrimitives.ReadInt32LittleEndian(reader.At(at - 4, 4)); i++)
        {
            int value = reader.Follow(at + (4 * i));
            int typePlace = reader.Field(value, 10);
            if (typePlace < 0) continue;
            int type = reader.Follow(typePlace);
            var kind = (FlatType)Scalar(reader, type, 4, 1, 0);
            if (kind == FlatType.None) continue;
            if (++visited > options.MaxFields) throw SchemaErrors.TooManyFields(schemaName, options.MaxFields);
            string variant = Text(reader, value, 4);
            var node = Value(reader, type, kind, $"{name}.{variant}", depth + 1);
            // A struct or text in a union is behind an offset, as a table is.
            isUnsupported |= kind is not (FlatType.Obj or FlatType.String);
            variants.Add((Scalar(reader, value, 6, 8, 0), node));
            columns.Add(new Field(names.Claim(variant[(variant.LastIndexOf('.') + 1)..]), node.Type));
        }

        isUnsupported |= variants.Count == 0;
        return new FlatNode(FlatType.Union, name)
        {
            Fields = [.. variants.Select(variant => variant.Node)], Variants = [.. variants.Select(variant => variant.Number)], Type = new StructType(columns),
            Columns = 1 + variants.Sum(variant => variant.Node.Columns),
        };
    }

    private FrozenDictionary<long, byte[]> EnumNames(FlatReader reader, int place)
    {
        var names = new Dictionary<long, byte[]>();
        int values = reader.Field(place, 6);
        if (values < 0) return names.ToFrozenDictionary();
        int at = reader.Vector(values, 4, out int count);
        for (int i = 0; i < count; i++)
        {
            int value = reader.Follow(at + (4 * i));
            names.TryAdd(Scalar(reader, value, 6, 8, 0), Encoding.UTF8.GetBytes(Text(reader, value, 4)));
        }

        return names.ToFrozenDictionary();
    }

    /// <summary>Place of an object (slot 4 of the schema) or an enum (slot 6).</summary>
    private int Item(FlatReader reader, int slot, int index, string name)
    {
        int vector = reader.Field(reader.Root, slot);
        int count = 0, at = vector < 0 ? 0 : reader.Vector(vector, 4, out count);
        if (index < 0 || index >= count) throw SchemaErrors.NotABinarySchema(schemaName, $"field '{name}' names type {index} of {count}");
        return reader.Follow(at + (4 * index));
    }

    private static string Text(FlatReader reader, int table, int slot)
    {
        int place = reader.Field(table, slot);
        return place < 0 ? "" : Encoding.UTF8.GetString(reader.Bytes(place));
    }

    private static long Scalar(FlatReader reader, int table, int slot, int bytes, long absent)
    {
        int place = reader.Field(table, slot);
        if (place < 0) return absent;
        return bytes switch
        {
            1 => reader.At(place, 1)[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(reader.At(place, 2)),
            4 => BinaryPrimitives.ReadInt32LittleEndian(reader.At(place, 4)),
            _ => BinaryPrimitives.ReadInt64LittleEndian(reader.At(place, 8)),
        };
    }

    private static DataType ColumnType(FlatType type) => type switch
    {
        FlatType.Bool => DataType.Boolean,
        FlatType.UInt or FlatType.Long => DataType.Int64,
        FlatType.ULong => new DecimalType(20, 0),
        FlatType.Float => DataType.Float32,
        FlatType.Double => DataType.Float64,
        _ => DataType.Int32,
    };
}
