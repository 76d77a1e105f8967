using System.Diagnostics.CodeAnalysis;
using Mesh.Columnar;
using Mesh.Formats.Messages.Ros;

namespace Mesh.Formats.Messages.Cdr;

/// <summary>What one step of a plan reads.</summary>
internal enum CdrOpKind : byte
{
    Scalar,
    String,
    Bytes,
    ScalarList,
    StringList,
    StructList,
    EndStruct,
}

/// <summary>One step: what to read, and the builder it goes to.</summary>
internal readonly record struct CdrOp
{
    public required CdrOpKind Kind { get; init; }
    public RosPrimitive Element { get; init; }

    /// <summary>Builder of the column; for lists the list's, whose elements go to <see cref="ElementSlot"/>.</summary>
    public int Slot { get; init; }
    public int ElementSlot { get; init; }

    /// <summary>Length of a fixed array; -1 for a sequence, which carries its own.</summary>
    public long FixedCount { get; init; }

    /// <summary>Most elements of a bounded sequence.</summary>
    public long MaxCount { get; init; }

    /// <summary>Most bytes of a bounded string.</summary>
    public long MaxText { get; init; }

    /// <summary>Fewest bytes an element takes; what a claimed length is checked against before anything is appended.</summary>
    public long MinElementBytes { get; init; }

    /// <summary>One past the last step of a struct list's element.</summary>
    public int BodyEnd { get; init; }

    /// <summary>Path of the field, for errors.</summary>
    public string Field { get; init; }
}

/// <summary>Where a builder is found: at the root, in a struct, or as a list's element.</summary>
internal readonly record struct CdrSlot(int Parent, int Index, DataType Type);

/// <summary>
/// A schema compiled to a flat list of steps. Nested structs are inlined; only lists of structs loop over a range of steps.
/// </summary>
internal sealed class CdrPlan
{
    private CdrPlan(StructType type, CdrOp[] ops, CdrSlot[] slots, bool startsWithStamp)
    {
        Type = type;
        Ops = ops;
        Slots = slots;
        StartsWithStamp = startsWithStamp;
    }

    public StructType Type { get; }
    public CdrOp[] Ops { get; }
    public CdrSlot[] Slots { get; }

    /// <summary>Whether the payload begins with the seconds and nanoseconds of a std_msgs/Header or builtin_interfaces/Time.</summary>
    public bool StartsWithStamp { get; }

    /// <summary>Compiles a schema; false when it has a <c>wstring</c>, whose layout the payload does not tell.</summary>
    public static bool TryCreate(RosDefinitions definitions, MessageDecoderOptions options, [NotNullWhen(true)] out CdrPlan? plan)
    {
        var compiler = new Compiler(definitions, options);
        var type = compiler.Compile();
        plan = compiler.HasWideText ? null : new CdrPlan(type, [.. compiler.Ops], [.. compiler.Slots], StartsWith(definitions));
        return plan is not null;
    }

    private static bool StartsWith(RosDefinitions definitions)
    {
        var definition = definitions.Root;
        for (int depth = 0; depth < 3; depth++)
        {
            if (definition.Name == "builtin_interfaces/Time") return true;
            if (definition.Fields is not [{ Primitive: RosPrimitive.Complex, Arity: RosArity.Single } first, ..]) return false;
            var inner = definitions.Resolve(definition, first);
            if (inner.Name is not ("std_msgs/Header" or "builtin_interfaces/Time")) return false;
            definition = inner;
        }

        return false;
    }

    private sealed class Compiler(RosDefinitions definitions, MessageDecoderOptions options)
    {
        // What rosidl puts into a message without fields, because IDL wants one; it is one byte in every payload.
        private static readonly RosDefinition Placeholder =
            new("", "", [new RosField("structure_needs_at_least_one_member", RosPrimitive.UInt8, "", RosArity.Single, -1, -1, 0)]);

        private int visited;

        public List<CdrOp> Ops { get; } = [];
        public List<CdrSlot> Slots { get; } = [];
        public bool HasWideText { get; private set; }

        public StructType Compile()
        {
            var (fields, _) = CompileFields(definitions.Root, parent: -1, depth: 0, path: "");
            return new StructType(fields);
        }

        /// <summary>Steps and columns of a struct's fields; also the fewest bytes it takes.</summary>
        private (List<Field> Columns, long MinBytes) CompileFields(RosDefinition definition, int parent, int depth, string path)
        {
            var columns = new List<Field>();
            var names = new ColumnNames();
            long minBytes = 0;
            foreach (var field in definition.Fields)
            {
                if (++visited > options.MaxFields) throw SchemaErrors.TooManyFields(definitions.SchemaName, options.MaxFields);
                string place = path.Length == 0 ? field.Name : $"{path}.{field.Name}";
                var (type, bytes) = field.Primitive switch
                {
                    RosPrimitive.Complex => CompileComplex(definition, field, parent, columns.Count, depth, place),
                    _ => CompilePrimitive(field, parent, columns.Count, place),
                };
                minBytes = Saturate(minBytes, bytes, 1);
                columns.Add(new Field(names.Claim(field.Name), type));
            }

            return (columns, minBytes);
        }

        private (DataType Type, long MinBytes) CompilePrimitive(RosField field, int parent, int index, string place)
        {
            HasWideText |= field.Primitive == RosPrimitive.WString;
            bool isText = field.Primitive is RosPrimitive.String or RosPrimitive.WString;
            var type = ColumnType(field.Primitive);
            long width = Width(field.Primitive);
            var op = new CdrOp
            {
                Kind = isText ? CdrOpKind.String : CdrOpKind.Scalar,
                Element = field.Primitive,
                FixedCount = field.Arity == RosArity.FixedArray ? field.Length : -1,
                MaxCount = field.Arity == RosArity.Sequence && field.Length >= 0 ? field.Length : uint.MaxValue,
                MaxText = field.StringBound >= 0 ? field.StringBound : uint.MaxValue,
                MinElementBytes = width,
                Field = place,
            };
            if (field.Arity == RosArity.Single)
            {
                Ops.Add(op with { Slot = AddSlot(parent, index, type) });
                return (type, width);
            }

            long minBytes = field.Arity == RosArity.Sequence ? sizeof(uint) : Saturate(0, width, field.Length);
            if (field.Primitive == RosPrimitive.UInt8)
            {
                Ops.Add(op with { Kind = CdrOpKind.Bytes, Slot = AddSlot(parent, index, DataType.Binary) });
                return (DataType.Binary, minBytes);
            }

            var list = new ListType(new Field("element", type));
            int slot = AddSlot(parent, index, list);
            Ops.Add(op with { Kind = isText ? CdrOpKind.StringList : CdrOpKind.ScalarList, Slot = slot, ElementSlot = AddSlot(slot, -1, type) });
            return (list, minBytes);
        }

        private (DataType Type, long MinBytes) CompileComplex(RosDefinition owner, RosField field, int parent, int index, int depth, string place)
        {
            if (depth + 1 > options.MaxNesting) throw SchemaErrors.TooDeep(definitions.SchemaName, $"field '{Tail(place)}'", options.MaxNesting);
            var definition = definitions.Resolve(owner, field);
            var op = new CdrOp
            {
                Kind = CdrOpKind.EndStruct,
                FixedCount = field.Arity == RosArity.FixedArray ? field.Length : -1,
                MaxCount = field.Arity == RosArity.Sequence && field.Length >= 0 ? field.Length : uint.MaxValue,
                Field = place,
            };

            // A struct's column can only be typed once its fields are known, so its slot is reserved and typed afterwards.
            int start = Ops.Count;
            bool isList = field.Arity != RosArity.Single;
            int outer = AddSlot(parent, index, DataType.Binary);
            int inner = isList ? AddSlot(outer, -1, DataType.Binary) : outer;
            if (isList) Ops.Add(op);
            var (columns, minBytes) = CompileFields(definition.Fields.Count == 0 ? Placeholder : definition, inner, depth + 1, place);
            var type = new StructType(columns);
            Slots[inner] = Slots[inner] with { Type = type };
            Ops.Add(op with { Slot = inner });
            if (!isList) return (type, minBytes);
            var list = new ListType(new Field("element", type));
            Slots[outer] = Slots[outer] with { Type = list };
            Ops[start] = op with { Kind = CdrOpKind.StructList, Slot = outer, ElementSlot = inner, MinElementBytes = minBytes, BodyEnd = Ops.Count };
            return (list, field.Arity == RosArity.Sequence ? sizeof(uint) : Saturate(0, minBytes, field.Length));
        }

        private int AddSlot(int parent, int index, DataType type)
        {
            Slots.Add(new CdrSlot(parent, index, type));
            return Slots.Count - 1;
        }

        // Products of claimed lengths overflow; beyond any payload they are all the same.
        private static long Saturate(long sum, long bytes, long count)
        {
            Int128 total = sum + (Int128)bytes * count;
            return total > int.MaxValue ? int.MaxValue + 1L : (long)total;
        }

        private static string Tail(string place) => place.Length <= 80 ? place : $"…{place[^80..]}";
    }

    private static DataType ColumnType(RosPrimitive primitive) => primitive switch
    {
        RosPrimitive.Bool => DataType.Boolean,
        RosPrimitive.Int8 or RosPrimitive.UInt8 or RosPrimitive.Int16 or RosPrimitive.UInt16 or RosPrimitive.Int32 => DataType.Int32,
        RosPrimitive.UInt32 or RosPrimitive.Int64 => DataType.Int64,
        RosPrimitive.UInt64 => new DecimalType(20, 0),
        RosPrimitive.Float32 => DataType.Float32,
        RosPrimitive.Float64 => DataType.Float64,
        _ => DataType.Utf8,
    };

    /// <summary>Bytes of a number, or of a string's length.</summary>
    private static long Width(RosPrimitive primitive) => primitive switch
    {
        RosPrimitive.Bool or RosPrimitive.Int8 or RosPrimitive.UInt8 => 1,
        RosPrimitive.Int16 or RosPrimitive.UInt16 => 2,
        RosPrimitive.Int64 or RosPrimitive.UInt64 or RosPrimitive.Float64 => 8,
        _ => 4,
    };
}
