using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Mesh.Formats.Messages.Wire;

namespace Mesh.Formats.Messages.Idl;

/// <summary>Declarations of IDL as wire types.</summary>
internal sealed class IdlTypes
{
    private const uint IdMask = 0x0FFFFFFF;

    private readonly string schemaName;
    private readonly Dictionary<string, IdlDeclaration> declarations;
    private readonly MessageDecoderOptions options;
    private readonly Dictionary<string, WireStruct> structs = [];

    private IdlTypes(string schemaName, Dictionary<string, IdlDeclaration> declarations, MessageDecoderOptions options)
    {
        this.schemaName = schemaName;
        this.declarations = declarations;
        this.options = options;
    }

    /// <summary>Whether a type was met that has no column or no agreed layout, so that messages must stay bytes.</summary>
    public bool HasUnsupported { get; private set; }

    public static IdlTypes Parse(MessageSchema schema, MessageDecoderOptions options) =>
        new(schema.Name, IdlParser.Parse(schema.Name, schema.Data.Span, options), options);

    /// <summary>The struct a schema names, as <c>package/msg/Name</c> or <c>module::Name</c>.</summary>
    public WireStruct Root()
    {
        string name = schemaName.Replace("/", "::", StringComparison.Ordinal);
        string? found = IdlParser.Lookup(declarations, "", name);
        // ROS 2 names its types package/Name in places; the module in between is msg.
        if (found is null && name.Split("::") is [var package, var type]) found = IdlParser.Lookup(declarations, $"{package}::msg", type);
        if (found is null || declarations[found] is not IdlStruct { Switch: null } declaration) throw SchemaErrors.UnknownType(schemaName, "struct", schemaName);
        return Of(found, declaration);
    }

    /// <summary>Where the time stamp lies when the message begins with a ROS 2 header or time.</summary>
    public static WireStamp? StampOf(WireStruct root)
    {
        var current = root;
        for (int depth = 0; depth < 3; depth++)
        {
            if (current.Name is "builtin_interfaces::msg::Time") return new WireStamp(0, IsUnsigned: false);
            if (current.Members is not [{ IsOptional: false, Type: { Kind: WireKind.Struct, Struct: { Extensibility: WireExtensibility.Unstated or WireExtensibility.Final } first } }, ..]) return null;
            if (first.Name is not ("std_msgs::msg::Header" or "builtin_interfaces::msg::Time")) return null;
            current = first;
        }

        return null;
    }

    private WireStruct Of(string fullName, IdlStruct declaration)
    {
        if (structs.TryGetValue(fullName, out var known)) return known;
        return structs[fullName] = new WireStruct(fullName, declaration.Annotations.Extensibility, () => Members(declaration, 0))
        {
            Discriminator = declaration.Switch is { } type ? Resolve(type, 0) : null,
        };
    }

    private List<WireMember> Members(IdlStruct declaration, int depth)
    {
        if (depth > options.MaxNesting) throw SchemaErrors.TooDeep(schemaName, $"struct '{declaration.Name}'", options.MaxNesting);
        var members = new List<WireMember>();
        if (declaration.Base is { } parent)
        {
            if (IdlParser.Lookup(declarations, parent.Scope, parent.Name) is not { } found || declarations[found] is not IdlStruct { Switch: null } inherited)
            {
                throw SchemaErrors.UnknownType(schemaName, $"line {parent.Line}", parent.Name);
            }

            members.AddRange(Members(inherited, depth + 1));
        }

        bool isHashed = declaration.Annotations["autoid"] is { } autoid && !autoid.Equals("SEQUENTIAL", StringComparison.OrdinalIgnoreCase);
        uint id = members.Count == 0 ? uint.MaxValue : members[^1].Id;
        foreach (var member in declaration.Members)
        {
            // Ids count up from the member before (XTypes 7.3.1.2.1.1).
            id = member.Annotations["id"] is { } given && Id(given) is { } number ? number
                : member.Annotations["hashid"] is { } hashed ? Hash(hashed.Length == 0 ? member.Name : hashed)
                : isHashed ? Hash(member.Name)
                : unchecked(id + 1) & IdMask;
            var type = Resolve(member.Type, 0);
            members.Add(new WireMember(member.Name, type)
            {
                Id = id,
                IsOptional = member.Annotations.Has("optional"),
                Default = member.Annotations["default"] is { } text ? Default(type, text) : null,
                Labels = member.Labels,
                IsDefaultCase = member.IsDefaultCase,
            });
        }

        return members;
    }

    private WireType Resolve(IdlType type, int depth)
    {
        if (depth > options.MaxNesting) throw SchemaErrors.TooDeep(schemaName, $"line {type.Line}", options.MaxNesting);
        HasUnsupported |= type.IsUnsupported;
        switch (type.Kind)
        {
            case WireKind.List when type.MapValue is { } value:
                WireType key = Resolve(type.Element!, depth + 1), mapped = Resolve(value, depth + 1);
                var entry = new WireStruct("map entry", WireExtensibility.Final, () => [new WireMember("key", key), new WireMember("value", mapped)]);
                bool isPlain = IsPrimitive(key) && IsPrimitive(mapped);
                return WireType.List(new WireType(WireKind.Struct) { Struct = entry }, maxCount: type.Bound) with { IsPlainMap = isPlain };
            case WireKind.List: return WireType.List(Resolve(type.Element!, depth + 1), type.FixedCount, type.Bound);
            case WireKind.Text or WireKind.WideText: return new WireType(type.Kind) { MaxText = type.Bound };
            case WireKind.Struct: return Named(type, depth);
            default: return new WireType(type.Kind);
        }
    }

    private WireType Named(IdlType type, int depth)
    {
        string found = IdlParser.Lookup(declarations, type.Scope, type.Name) ?? throw SchemaErrors.UnknownType(schemaName, $"line {type.Line}", type.Name);
        switch (declarations[found])
        {
            case IdlTypedef alias: return Resolve(alias.Type, depth + 1);
            case IdlEnum { IsBitmask: true } mask:
                return new WireType(mask.Bits switch { <= 8 => WireKind.UInt8, <= 16 => WireKind.UInt16, <= 32 => WireKind.UInt32, _ => WireKind.UInt64 });
            case IdlEnum named:
                var names = new Dictionary<long, byte[]>();
                foreach (var (name, value) in named.Literals) names.TryAdd(value, Encoding.UTF8.GetBytes(name));
                var storage = named.Bits switch { <= 8 => WireKind.Int8, <= 16 => WireKind.Int16, _ => WireKind.Int32 };
                return new WireType(WireKind.Enum) { EnumNames = names.ToFrozenDictionary(), Storage = storage };
            case IdlStruct { Switch: not null } union: return new WireType(WireKind.Union) { Struct = Of(found, union) };
            case var declaration: return new WireType(WireKind.Struct) { Struct = Of(found, (IdlStruct)declaration) };
        }
    }

    private static bool IsPrimitive(WireType type) => type.Kind is <= WireKind.Float64 or WireKind.Enum;

    private static uint? Id(string text)
    {
        bool isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return uint.TryParse(isHex ? text.AsSpan(2) : text, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out uint id) ? id & IdMask : null;
    }

    // XTypes 7.3.1.2.1.1 prescribes MD5; nothing is protected by it.
#pragma warning disable CA5351
    private static uint Hash(string name) => BitConverter.ToUInt32(MD5.HashData(Encoding.UTF8.GetBytes(name))) & IdMask;
#pragma warning restore CA5351

    private static object? Default(WireType type, string text) => type.Kind switch
    {
        WireKind.Bool => text.Equals("TRUE", StringComparison.OrdinalIgnoreCase),
        WireKind.Text or WireKind.WideText => text,
        WireKind.Float32 or WireKind.Float64 => double.TryParse(text, CultureInfo.InvariantCulture, out double number) ? number : null,
        WireKind.Enum => type.EnumNames!.FirstOrDefault(item => Encoding.UTF8.GetString(item.Value) == text[(text.LastIndexOf(':') + 1)..]) is { Value: not null } literal ? literal.Key : null,
        _ => long.TryParse(text, CultureInfo.InvariantCulture, out long whole) ? whole : null,
    };
}
