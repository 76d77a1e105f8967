using System.Globalization;
using Mesh.Formats.Messages.Wire;

namespace Mesh.Formats.Messages.Idl;

/// <summary>
/// Parses the parts of OMG IDL 4.2 that types of recorded messages are made of: modules, structs with inheritance, unions, enums, bitmasks,
/// typedefs, constants, sequences, arrays, maps, bounds and annotations.
/// </summary>
internal sealed partial class IdlParser
{
    private readonly string schemaName;
    private readonly List<IdlToken> tokens;
    private readonly int maxNesting;
    private readonly Dictionary<string, long> constants = [];
    private int next;

    private IdlParser(string schemaName, List<IdlToken> tokens, int maxNesting)
    {
        this.schemaName = schemaName;
        this.tokens = tokens;
        this.maxNesting = maxNesting;
    }

    private IdlToken Peek => tokens[next];

    private Dictionary<string, IdlDeclaration> Declarations { get; } = [];

    /// <summary>The declarations of a schema by full name, <c>module::Name</c>.</summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH10301</c>: the schema does not parse.</exception>
    public static Dictionary<string, IdlDeclaration> Parse(string schemaName, ReadOnlySpan<byte> schema, MessageDecoderOptions options)
    {
        var parser = new IdlParser(schemaName, IdlLexer.Split(schemaName, schema), options.MaxNesting);
        while (parser.Peek.Kind != IdlTokenKind.End) parser.Definition("", 0);
        return parser.Declarations;
    }

    private void Definition(string scope, int depth)
    {
        if (depth > maxNesting) throw SchemaErrors.TooDeep(schemaName, $"line {Peek.Line}", maxNesting);
        var annotations = Annotations();
        if (Take(";")) return;
        var keyword = Peek;
        next++;
        switch (keyword.Text)
        {
            case "module":
                string module = Join(scope, Name());
                Expect("{");
                while (!Take("}")) Definition(module, depth + 1);
                Take(";");
                return;
            case "struct": Struct(scope, annotations); break;
            case "union": Union(scope, annotations); break;
            case "enum": Enum(scope, annotations, isBitmask: false); break;
            case "bitmask": Enum(scope, annotations, isBitmask: true); break;
            case "typedef": Typedef(scope); break;
            case "const": Constant(scope); break;
            default: throw Unexpected(keyword, "a declaration");
        }

        Expect(";");
    }

    private void Struct(string scope, IdlAnnotations annotations)
    {
        string name = Name();
        if (Peek.Text == ";") return;
        IdlType? parent = null;
        if (Take(":")) parent = new IdlType(WireKind.Struct) { Name = ScopedName(), Scope = scope, Line = Peek.Line };
        Expect("{");
        var members = new List<IdlMember>();
        while (!Take("}")) Member(scope, [], isDefaultCase: false, members);
        Declare(new IdlStruct(name, scope, annotations, members) { Base = parent });
    }

    private void Union(string scope, IdlAnnotations annotations)
    {
        string name = Name();
        if (Peek.Text == ";") return;
        Expect("switch");
        Expect("(");
        Annotations();
        var discriminator = Type(scope, 0);
        Expect(")");
        Expect("{");
        var members = new List<IdlMember>();
        while (!Take("}"))
        {
            var labels = new List<long>();
            bool isDefault = false;
            while (true)
            {
                if (Take("case")) labels.Add(Expression(scope, labelOf: discriminator));
                else if (Take("default")) isDefault = true;
                else break;
                Expect(":");
            }

            Member(scope, labels, isDefault, members);
        }

        Declare(new IdlStruct(name, scope, annotations, members) { Switch = discriminator });
    }

    private void Member(string scope, IReadOnlyList<long> labels, bool isDefaultCase, List<IdlMember> members)
    {
        var annotations = Annotations();
        var type = Type(scope, 0);
        do
        {
            int line = Peek.Line;
            string name = Name();
            if (members.Any(member => member.Name == name)) throw SchemaErrors.Syntax(schemaName, line, $"member '{name}' is defined twice");
            members.Add(new IdlMember(name, Arrays(type, scope), annotations, line) { Labels = labels, IsDefaultCase = isDefaultCase });
        }
        while (Take(","));
        Expect(";");
    }

    private void Typedef(string scope)
    {
        var type = Type(scope, 0);
        do
        {
            string name = Name();
            Declare(new IdlTypedef(name, scope, Arrays(type, scope)));
        }
        while (Take(","));
    }

    private void Enum(string scope, IdlAnnotations annotations, bool isBitmask)
    {
        string name = Name();
        int bits = int.TryParse(annotations["bit_bound"], CultureInfo.InvariantCulture, out int bound) ? bound : 32;
        if (bits is < 1 or > 64) throw SchemaErrors.Syntax(schemaName, Peek.Line, $"'{name}' cannot have {bits} bits");
        Expect("{");
        var literals = new List<(string, long)>();
        long value = 0;
        while (!Take("}"))
        {
            var own = Annotations();
            string literal = Name();
            if (own["value"] is { } text && long.TryParse(text, CultureInfo.InvariantCulture, out long given)) value = given;
            if (Take("=")) value = Expression(scope);
            literals.Add((literal, value));
            constants.TryAdd(Join(scope, literal), value);
            constants.TryAdd(Join(Join(scope, name), literal), value);
            value++;
            if (!Take(",") && Peek.Text != "}") throw Unexpected(Peek, "',' or '}'");
        }

        Declare(new IdlEnum(name, scope, literals, bits, isBitmask));
    }

    private void Constant(string scope)
    {
        var type = Type(scope, 0);
        string name = Name();
        Expect("=");
        if (type.Kind is WireKind.Text or WireKind.WideText or WireKind.Float32 or WireKind.Float64)
        {
            // Only whole numbers are needed again, as bounds and labels.
            while (Peek.Text != ";" && Peek.Kind != IdlTokenKind.End) next++;
            return;
        }

        constants[Join(scope, name)] = Expression(scope, labelOf: type);
    }

    private IdlType Arrays(IdlType type, string scope)
    {
        var lengths = new List<long>();
        while (Take("["))
        {
            lengths.Add(Size(scope));
            Expect("]");
        }

        if (lengths.Count > maxNesting) throw SchemaErrors.TooDeep(schemaName, $"line {Peek.Line}", maxNesting);
        for (int i = lengths.Count - 1; i >= 0; i--) type = new IdlType(WireKind.List) { Element = type, FixedCount = lengths[i] };
        return type;
    }

    private IdlType Type(string scope, int depth)
    {
        if (depth > maxNesting) throw SchemaErrors.TooDeep(schemaName, $"line {Peek.Line}", maxNesting);
        var token = Peek;
        if (token.Text == "::") return new IdlType(WireKind.Struct) { Name = ScopedName(), Scope = scope, Line = token.Line };
        if (token.Kind != IdlTokenKind.Name) throw Unexpected(token, "a type");
        next++;
        switch (token.Text)
        {
            case "sequence":
                Expect("<");
                var element = Type(scope, depth + 1);
                long bound = Take(",") ? Size(scope) : uint.MaxValue;
                Close();
                return new IdlType(WireKind.List) { Element = element, Bound = bound };
            case "map":
                Expect("<");
                var key = Type(scope, depth + 1);
                Expect(",");
                var value = Type(scope, depth + 1);
                long most = Take(",") ? Size(scope) : uint.MaxValue;
                Close();
                return new IdlType(WireKind.List) { Element = key, MapValue = value, Bound = most };
            case "string" or "wstring":
                long length = uint.MaxValue;
                if (Take("<"))
                {
                    length = Size(scope);
                    Close();
                }

                return new IdlType(token.Text == "string" ? WireKind.Text : WireKind.WideText) { Bound = length };
            case "unsigned":
                return new IdlType(Name() switch
                {
                    "short" => WireKind.UInt16,
                    "long" when Take("long") => WireKind.UInt64,
                    "long" => WireKind.UInt32,
                    _ => throw Unexpected(tokens[next - 1], "'short' or 'long'"),
                });
            case "long":
                if (Take("double")) return new IdlType(WireKind.Float64) { IsUnsupported = true };
                return new IdlType(Take("long") ? WireKind.Int64 : WireKind.Int32);
            case "wchar" or "any" or "Object": return new IdlType(WireKind.UInt16) { IsUnsupported = true };
        }

        if (Primitive(token.Text) is { } primitive) return new IdlType(primitive);
        next--;
        return new IdlType(WireKind.Struct) { Name = ScopedName(), Scope = scope, Line = token.Line };
    }

    private static WireKind? Primitive(string name) => name switch
    {
        "boolean" => WireKind.Bool,
        "octet" or "char" or "uint8" => WireKind.UInt8,
        "int8" => WireKind.Int8,
        "short" or "int16" => WireKind.Int16,
        "uint16" => WireKind.UInt16,
        "int32" => WireKind.Int32,
        "uint32" => WireKind.UInt32,
        "int64" => WireKind.Int64,
        "uint64" => WireKind.UInt64,
        "float" => WireKind.Float32,
        "double" => WireKind.Float64,
        _ => null,
    };

    private void Declare(IdlDeclaration declaration)
    {
        // Recorders that gather dependencies twice write them twice; the first one counts.
        Declarations.TryAdd(Join(declaration.Scope, declaration.Name), declaration);
    }

    internal static string Join(string scope, string name) => scope.Length == 0 ? name : $"{scope}::{name}";
}
