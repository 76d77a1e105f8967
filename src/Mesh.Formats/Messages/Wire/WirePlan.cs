using Mesh.Columnar;

namespace Mesh.Formats.Messages.Wire;

/// <summary>A schema unfolded to columns and the tree of values that fill them.</summary>
internal sealed class WirePlan
{
    private WirePlan(StructType type, WireNode root, WireSlot[] slots, bool hasWideText, bool hasEmptyStruct, bool isRegular)
    {
        Type = type;
        Root = root;
        Slots = slots;
        HasWideText = hasWideText;
        HasEmptyStruct = hasEmptyStruct;
        IsRegular = isRegular;
    }

    public StructType Type { get; }
    public WireNode Root { get; }
    public WireSlot[] Slots { get; }
    public bool HasWideText { get; }

    /// <summary>Whether a nested struct has no columns, which cannot be stored.</summary>
    public bool HasEmptyStruct { get; }

    /// <summary>Whether every value is always there and in the schema's order, so that code can be generated for it.</summary>
    public bool IsRegular { get; }

    /// <exception cref="Mesh.Model.MeshException"><c>MESH10302</c> to <c>MESH10304</c>.</exception>
    public static WirePlan Create(string schemaName, WireStruct root, MessageDecoderOptions options, bool dropsEmptyStructs)
    {
        var compiler = new Compiler(schemaName, options, dropsEmptyStructs);
        var (node, fields) = compiler.Struct(root, slot: -1, depth: 0, path: "");
        return new WirePlan(new StructType(fields), node, [.. compiler.Slots], compiler.HasWideText, compiler.HasEmptyStruct, compiler.IsRegular);
    }

    private sealed class Compiler(string schemaName, MessageDecoderOptions options, bool dropsEmptyStructs)
    {
        // What rosidl puts into a message without fields, because IDL wants one; it is one byte in every payload.
        private static readonly WireMember[] Placeholder = [new("structure_needs_at_least_one_member", new WireType(WireKind.UInt8))];
        private int visited;

        public List<WireSlot> Slots { get; } = [];
        public bool HasWideText { get; private set; }
        public bool HasEmptyStruct { get; private set; }
        public bool IsRegular { get; private set; } = true;

        public (WireNode Node, List<Field> Fields) Struct(WireStruct definition, int slot, int depth, string path)
        {
            if (depth > options.MaxNesting) throw SchemaErrors.TooDeep(schemaName, $"field '{Tail(path)}'", options.MaxNesting);
            if (definition.Extensibility == WireExtensibility.Mutable) IsRegular = false;
            bool isUnion = definition.Discriminator is not null;
            IReadOnlyList<WireMember> members = definition.Members;
            if (isUnion)
            {
                IsRegular = false;
                members = [new WireMember("discriminator", definition.Discriminator!), .. members];
            }
            else if (members.Count == 0 && slot >= 0 && !dropsEmptyStructs)
            {
                members = Placeholder;
            }

            var nodes = new List<WireNode>();
            var fields = new List<Field>();
            var names = new ColumnNames();
            long minBytes = 0, minDelimited = 0, columns = 1;
            foreach (var member in members)
            {
                if (++visited > options.MaxFields) throw SchemaErrors.TooManyFields(schemaName, options.MaxFields);
                // ROS 1 writes nothing for a message without fields, and no column could hold it.
                if (dropsEmptyStructs && member.Type.Struct is { Members.Count: 0 }) continue;
                string place = path.Length == 0 ? member.Name : $"{path}.{member.Name}";
                var (node, type) = Value(member.Type, slot, fields.Count, depth, place);
                if (member.IsOptional) IsRegular = false;
                nodes.Add(node with
                {
                    Id = member.Id, IsOptional = member.IsOptional, Default = member.Default, Labels = member.Labels, IsDefaultCase = member.IsDefaultCase,
                });
                if (!isUnion || fields.Count == 0)
                {
                    minBytes = Saturate(minBytes, member.IsOptional ? 1 : node.MinBytes, 1);
                    minDelimited = Saturate(minDelimited, member.IsOptional ? 1 : node.MinDelimitedBytes, 1);
                }

                columns = Saturate(columns, node.Columns, 1);
                fields.Add(new Field(names.Claim(member.Name), type));
            }

            HasEmptyStruct |= slot >= 0 && fields.Count == 0;
            bool isMutable = definition.Extensibility == WireExtensibility.Mutable;
            return (new WireNode
            {
                Kind = isUnion ? WireKind.Union : WireKind.Struct,
                Field = path,
                Slot = slot,
                Members = [.. nodes],
                Extensibility = definition.Extensibility,
                MinBytes = isMutable ? Math.Min(sizeof(uint), minBytes) : minBytes,
                MinDelimitedBytes = definition.Extensibility == WireExtensibility.Final ? minDelimited : Math.Min(sizeof(uint), minDelimited),
                Columns = columns,
            }, fields);
        }

        private (WireNode Node, DataType Type) Value(WireType type, int parent, int index, int depth, string place)
        {
            if (depth > options.MaxNesting) throw SchemaErrors.TooDeep(schemaName, $"field '{Tail(place)}'", options.MaxNesting);
            switch (type.Kind)
            {
                case WireKind.Struct or WireKind.Union:
                    // A struct's column can only be typed once its fields are known, so its slot is reserved and typed afterwards.
                    int slot = AddSlot(parent, index, DataType.Binary);
                    var (node, fields) = Struct(type.Struct!, slot, depth + 1, place);
                    var structType = new StructType(fields);
                    Slots[slot] = Slots[slot] with { Type = structType };
                    return (node, structType);
                case WireKind.List when type.Element!.Kind == WireKind.UInt8:
                    return (Counted(type, WireKind.Bytes, place, 1, 1) with { Slot = AddSlot(parent, index, DataType.Binary) }, DataType.Binary);
                case WireKind.List:
                    int list = AddSlot(parent, index, DataType.Binary);
                    var (element, elementType) = Value(type.Element!, list, -1, depth + 1, place);
                    var listType = new ListType(new Field("element", elementType));
                    Slots[list] = Slots[list] with { Type = listType };
                    return (Counted(type, WireKind.List, place, element.MinBytes, element.MinDelimitedBytes) with
                    {
                        Slot = list, Element = element, IsPlainMap = type.IsPlainMap, Columns = Saturate(1, element.Columns, Math.Max(0, type.FixedCount)),
                    }, listType);
                default:
                    HasWideText |= type.Kind == WireKind.WideText;
                    if (type.Kind == WireKind.WideText) IsRegular = false;
                    var column = ColumnType(type.Kind);
                    var leaf = new WireNode
                    {
                        Kind = type.Kind, Field = place, Slot = AddSlot(parent, index, column), MaxText = type.MaxText, EnumNames = type.EnumNames, Storage = type.Storage,
                    };
                    return (leaf with { MinBytes = leaf.Width, MinDelimitedBytes = leaf.Width }, column);
            }
        }

        private static WireNode Counted(WireType type, WireKind kind, string place, long minBytes, long minDelimitedBytes) => new()
        {
            Kind = kind,
            Field = place,
            FixedCount = type.FixedCount,
            MaxCount = type.MaxCount,
            MinBytes = type.FixedCount < 0 ? sizeof(uint) : Saturate(0, minBytes, type.FixedCount),
            MinDelimitedBytes = type.FixedCount < 0 ? sizeof(uint) : Saturate(0, minDelimitedBytes, type.FixedCount),
        };

        private int AddSlot(int parent, int index, DataType type)
        {
            Slots.Add(new WireSlot(parent, index, type));
            return Slots.Count - 1;
        }

        // Products of claimed lengths overflow; beyond any payload they are all the same.
        private static long Saturate(long sum, long bytes, long count)
        {
            Int128 total = sum + ((Int128)bytes * count);
            return total > int.MaxValue ? int.MaxValue + 1L : (long)total;
        }

        private static string Tail(string place) => place.Length <= 80 ? place : $"…{place[^80..]}";
    }

    private static DataType ColumnType(WireKind kind) => kind switch
    {
        WireKind.Bool => DataType.Boolean,
        WireKind.Int8 or WireKind.UInt8 or WireKind.Int16 or WireKind.UInt16 or WireKind.Int32 => DataType.Int32,
        WireKind.UInt32 or WireKind.Int64 => DataType.Int64,
        WireKind.UInt64 => new DecimalType(20, 0),
        WireKind.Float32 => DataType.Float32,
        WireKind.Float64 => DataType.Float64,
        _ => DataType.Utf8,
    };
}
