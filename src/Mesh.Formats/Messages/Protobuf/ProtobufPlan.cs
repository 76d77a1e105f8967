using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Mesh.Columnar;
using FieldType = Google.Protobuf.Reflection.FieldDescriptorProto.Types.Type;

namespace Mesh.Formats.Messages.Protobuf;

/// <summary>A field of a message, ready to decode.</summary>
/// <param name="Number">Field number on the wire.</param>
/// <param name="Name">Name, for errors.</param>
/// <param name="Kind">Type as declared; <see cref="FieldType.Bytes"/> for messages kept as bytes.</param>
/// <param name="IsRepeated">Whether it becomes a list.</param>
/// <param name="IsNullable">Whether absence is null; otherwise it is the type's default.</param>
/// <param name="Oneof">Index of its oneof within the message; -1 without.</param>
/// <param name="Message">Plan of a nested message.</param>
/// <param name="EnumNames">UTF-8 names of an enum's numbers.</param>
internal sealed record ProtobufField(
    int Number, string Name, FieldType Kind, bool IsRepeated, bool IsNullable, int Oneof, ProtobufMessage? Message, FrozenDictionary<int, byte[]>? EnumNames)
{
    /// <summary>Full name of a message type, with a leading dot; empty for others.</summary>
    public string MessageName { get; init; } = "";

    /// <summary>Whether the field is a message whose bytes are kept as they are.</summary>
    public bool IsRawMessage { get; init; }

    /// <summary>Wire type of a single value.</summary>
    public WireFormat.WireType WireType { get; } = Kind switch
    {
        FieldType.Double or FieldType.Fixed64 or FieldType.Sfixed64 => WireFormat.WireType.Fixed64,
        FieldType.Float or FieldType.Fixed32 or FieldType.Sfixed32 => WireFormat.WireType.Fixed32,
        FieldType.String or FieldType.Bytes or FieldType.Message => WireFormat.WireType.LengthDelimited,
        _ => WireFormat.WireType.Varint,
    };
}

/// <summary>A message's fields in column order, with their positions by number.</summary>
internal sealed class ProtobufMessage(ProtobufField[] fields, int oneofCount, StructType type)
{
    private const int DenseNumbers = 64;
    private readonly short[] dense = Dense(fields);
    private readonly FrozenDictionary<int, int> sparse = fields.Index().Where(item => item.Item.Number >= DenseNumbers)
        .ToFrozenDictionary(item => item.Item.Number, item => item.Index);

    public ProtobufField[] Fields { get; } = fields;
    public int OneofCount { get; } = oneofCount;
    public StructType Type { get; } = type;

    /// <summary>Columns that one absent message fills, those of nested structs included.</summary>
    public int UnfoldedFields { get; } = fields.Sum(field => 1 + (field.IsRepeated ? 0 : field.Message?.UnfoldedFields ?? 0));

    /// <summary>Position of the field with that number; -1 when it is unknown.</summary>
    public int IndexOf(int number) => number < DenseNumbers ? dense[number] : sparse.TryGetValue(number, out int index) ? index : -1;

    private static short[] Dense(ProtobufField[] fields)
    {
        var positions = new short[DenseNumbers];
        Array.Fill(positions, (short)-1);
        for (int i = 0; i < fields.Length; i++)
        {
            if (fields[i].Number < DenseNumbers) positions[fields[i].Number] = (short)i;
        }

        return positions;
    }
}

/// <summary>Compiles a <c>FileDescriptorSet</c> to columns and decoding steps.</summary>
internal sealed class ProtobufPlan
{
    private readonly string schemaName;
    private readonly MessageDecoderOptions options;
    private readonly Dictionary<string, (DescriptorProto Message, bool IsProto3)> messages = [];
    private readonly Dictionary<string, EnumDescriptorProto> enums = [];
    private readonly List<string> path = [];
    private int visited;

    private ProtobufPlan(string schemaName, MessageDecoderOptions options)
    {
        this.schemaName = schemaName;
        this.options = options;
    }

    /// <summary>The plan of the message a schema names.</summary>
    public static ProtobufMessage Create(MessageSchema schema, MessageDecoderOptions options)
    {
        var plan = new ProtobufPlan(schema.Name, options);
        FileDescriptorSet set;
        try
        {
            set = FileDescriptorSet.Parser.ParseFrom(schema.Data.Span);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw SchemaErrors.NotADescriptorSet(schema.Name, exception.Message.TrimEnd('.'));
        }

        foreach (var file in set.File)
        {
            string scope = file.Package.Length == 0 ? "" : $".{file.Package}";
            // "editions" files have explicit presence unless they say otherwise, which is proto2's rule.
            foreach (var message in file.MessageType) plan.Register(scope, message, file.Syntax == "proto3", depth: 0);
            foreach (var declared in file.EnumType) plan.enums.TryAdd($"{scope}.{declared.Name}", declared);
        }

        string root = $".{schema.Name.TrimStart('.')}";
        if (!plan.messages.ContainsKey(root)) throw SchemaErrors.UnknownType(schema.Name, "message", schema.Name);
        return plan.Compile(root, isMapEntry: false);
    }

    private void Register(string scope, DescriptorProto message, bool isProto3, int depth)
    {
        if (depth > options.MaxNesting) throw SchemaErrors.TooDeep(schemaName, $"message '{message.Name}'", options.MaxNesting);
        string name = $"{scope}.{message.Name}";
        messages.TryAdd(name, (message, isProto3));
        foreach (var nested in message.NestedType) Register(name, nested, isProto3, depth + 1);
        foreach (var nested in message.EnumType) enums.TryAdd($"{name}.{nested.Name}", nested);
    }

    private ProtobufMessage Compile(string typeName, bool isMapEntry)
    {
        var (message, isProto3) = messages[typeName];
        path.Add(typeName);
        var fields = new List<ProtobufField>();
        var columns = new List<Field>();
        var names = new ColumnNames();
        var numbers = new HashSet<int>();
        foreach (var field in message.Field)
        {
            if (++visited > options.MaxFields) throw SchemaErrors.TooManyFields(schemaName, options.MaxFields);
            if (field.Number < 1 || !numbers.Add(field.Number))
            {
                throw SchemaErrors.NotADescriptorSet(schemaName, $"field '{field.Name}' has the impossible or repeated number {field.Number}");
            }

            // Groups are deprecated and have no column; their bytes are skipped.
            if (field.Type == FieldType.Group) continue;
            bool isRepeated = field.Label == FieldDescriptorProto.Types.Label.Repeated;
            bool isNullable = !isMapEntry && !isRepeated
                && (!isProto3 || field.Proto3Optional || field.HasOneofIndex || field.Type == FieldType.Message);
            int oneof = field.HasOneofIndex && field.OneofIndex >= 0 && field.OneofIndex < message.OneofDecl.Count ? field.OneofIndex : -1;
            var compiled = CompileField(typeName, field, isRepeated, isNullable, oneof, out var type);
            fields.Add(compiled);
            columns.Add(new Field(names.Claim(field.Name), isRepeated ? new ListType(new Field("element", type)) : type));
        }

        path.RemoveAt(path.Count - 1);
        return new ProtobufMessage([.. fields], message.OneofDecl.Count, new StructType(columns));
    }

    private ProtobufField CompileField(string scope, FieldDescriptorProto field, bool isRepeated, bool isNullable, int oneof, out DataType type)
    {
        var compiled = new ProtobufField(field.Number, field.Name, field.Type, isRepeated, isNullable, oneof, null, null);
        switch (field.Type)
        {
            case FieldType.Message:
                if (Resolve(messages, scope, field.TypeName) is not { } name) throw SchemaErrors.UnknownType(schemaName, $"field '{field.Name}'", field.TypeName);
                compiled = compiled with { MessageName = name };
                var target = messages[name];
                // A type within itself has no end, one too deep none in practice, and a struct without columns cannot be stored.
                if (path.Contains(name) || path.Count > options.MaxNesting || target.Message.Field.All(inner => inner.Type == FieldType.Group))
                {
                    type = DataType.Binary;
                    return compiled with { Kind = FieldType.Bytes, IsRawMessage = true };
                }

                var message = Compile(name, target.Message.Options?.MapEntry == true);
                type = message.Type;
                return compiled with { Message = message };
            case FieldType.Enum:
                if (Resolve(enums, scope, field.TypeName) is not { } named) throw SchemaErrors.UnknownType(schemaName, $"field '{field.Name}'", field.TypeName);
                type = DataType.Utf8;
                return compiled with { EnumNames = NamesOf(enums[named]) };
            default:
                type = ColumnType(field);
                return compiled;
        }
    }

    /// <summary>
    /// The full name a field refers to. protoc writes full names with a leading dot, protobufjs writes them as in the source, to be looked up
    /// from the innermost scope outwards (descriptor.proto, <c>type_name</c>).
    /// </summary>
    private static string? Resolve<T>(Dictionary<string, T> declared, string scope, string name)
    {
        if (name.StartsWith('.')) return declared.ContainsKey(name) ? name : null;
        while (true)
        {
            string candidate = $"{scope}.{name}";
            if (declared.ContainsKey(candidate)) return candidate;
            if (scope.Length == 0) return null;
            scope = scope[..scope.LastIndexOf('.')];
        }
    }

    private static FrozenDictionary<int, byte[]> NamesOf(EnumDescriptorProto declared)
    {
        var names = new Dictionary<int, byte[]>();
        // The first name of an aliased number is the one protobuf itself prints.
        foreach (var value in declared.Value) names.TryAdd(value.Number, Encoding.UTF8.GetBytes(value.Name));
        names.TryAdd(0, Encoding.UTF8.GetBytes(0.ToString(CultureInfo.InvariantCulture)));
        return names.ToFrozenDictionary();
    }

    private DataType ColumnType(FieldDescriptorProto field) => field.Type switch
    {
        FieldType.Double => DataType.Float64,
        FieldType.Float => DataType.Float32,
        FieldType.Int32 or FieldType.Sint32 or FieldType.Sfixed32 => DataType.Int32,
        FieldType.Int64 or FieldType.Sint64 or FieldType.Sfixed64 or FieldType.Uint32 or FieldType.Fixed32 => DataType.Int64,
        FieldType.Uint64 or FieldType.Fixed64 => new DecimalType(20, 0),
        FieldType.Bool => DataType.Boolean,
        FieldType.String => DataType.Utf8,
        FieldType.Bytes => DataType.Binary,
        _ => throw SchemaErrors.NotADescriptorSet(schemaName, $"field '{field.Name}' has the unknown type {(int)field.Type}"),
    };
}
