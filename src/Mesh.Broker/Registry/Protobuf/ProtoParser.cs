using System.Globalization;

namespace Mesh.Broker.Registry.Protobuf;

/// <summary>
/// Reads a <c>.proto</c> text of proto2 or proto3 (Protocol Buffers language specification) into the shape of a descriptor. Does no I/O
/// and resolves no names: that is <see cref="ProtoLinker"/>'s. Time and memory grow with the text, nesting is limited.
/// </summary>
internal sealed partial class ProtoParser
{
    /// <summary>Longest text read, in characters.</summary>
    public const int MaxCharacters = 4 << 20;

    /// <summary>Deepest nesting of messages, groups and option values.</summary>
    public const int MaxDepth = 32;

    private const int MaxFieldNumber = (1 << 29) - 1;
    private readonly ProtoLexer lexer;
    private readonly ProtoFile file;
    private ProtoToken token;
    private int depth;

    private ProtoParser(string name, string text)
    {
        file = new ProtoFile { Name = name };
        lexer = new ProtoLexer(name, text);
        token = lexer.Next();
    }

    /// <exception cref="ProtoSyntaxException">The text is not a file of proto2 or proto3.</exception>
    public static ProtoFile Parse(string name, string text)
    {
        if (text.Length > MaxCharacters) throw new ProtoSyntaxException(name, 1, 1, $"the text is longer than {MaxCharacters:N0} characters.");
        return new ProtoParser(name, text).ParseFile();
    }

    private ProtoFile ParseFile()
    {
        if (IsWord("edition")) throw Error("editions are not read here; write the file in proto2 or proto3");
        if (IsWord("syntax"))
        {
            Next();
            Expect('=');
            var at = token;
            file.Syntax = StringLiteral();
            if (file.Syntax is not ("proto2" or "proto3")) throw Error(at, $"syntax \"{file.Syntax}\" is neither proto2 nor proto3");
            Expect(';');
        }

        bool hasPackage = false;
        while (token.Kind != ProtoTokenKind.End)
        {
            if (TakeSymbol(';')) continue;
            var at = token;
            switch (Word())
            {
                case "import":
                    bool isPublic = TakeWord("public"), isWeak = !isPublic && TakeWord("weak");
                    at = token;
                    string path = StringLiteral();
                    if (file.Imports.Any(import => import.Path == path)) throw Error(at, $"\"{path}\" is imported twice");
                    file.Imports.Add(new ProtoImport(path, isPublic, isWeak));
                    Expect(';');
                    break;
                case "package":
                    if (hasPackage) throw Error(at, "a file has one package");
                    hasPackage = true;
                    file.Package = TypeName(mayBeAbsolute: false);
                    Expect(';');
                    break;
                case "option":
                    file.Options.Add(Option());
                    Expect(';');
                    break;
                case "message":
                    file.Messages.Add(Message());
                    break;
                case "enum":
                    file.Enums.Add(Enumeration());
                    break;
                case "service":
                    file.Services.Add(Service());
                    break;
                case "extend":
                    Extend(file.Extensions, file.Messages);
                    break;
                default:
                    throw Error(at, $"expected message, enum, service, extend, import, package or option, found '{at.Text}'");
            }
        }

        return file;
    }

    private ProtoMessage Message()
    {
        var message = new ProtoMessage { Name = Identifier() };
        MessageBody(message);
        return message;
    }

    private void MessageBody(ProtoMessage message)
    {
        Enter();
        Expect('{');
        while (!TakeSymbol('}'))
        {
            if (TakeSymbol(';')) continue;
            MessageElement(message);
        }

        AddSyntheticOneofs(message);
        depth--;
    }

    private void MessageElement(ProtoMessage message)
    {
        var at = token;
        string first = TypeName(mayBeAbsolute: true);

        // The words are names as well: `message` may be a field's type.
        bool isName = token.Kind == ProtoTokenKind.Identifier;
        switch (first)
        {
            case "message" when isName:
                message.Messages.Add(Message());
                return;
            case "enum" when isName:
                message.Enums.Add(Enumeration());
                return;
            case "extend" when isName || IsSymbol('.'):
                Extend(message.Extensions, message.Messages);
                return;
            case "option" when isName || IsSymbol('('):
                message.Options.Add(Option());
                Expect(';');
                return;
            case "oneof" when isName:
                Oneof(message);
                return;
            case "extensions" when token.Kind == ProtoTokenKind.Integer:
                if (file.IsProto3) throw Error(at, "extension ranges are of proto2");
                ExtensionRanges(message);
                return;
            case "reserved" when token.Kind is ProtoTokenKind.Integer or ProtoTokenKind.String || IsSymbol('-'):
                Reserved(message.ReservedRanges, message.ReservedNames, isEnum: false);
                return;
            case "map" when IsSymbol('<'):
                Map(message);
                return;
        }

        message.Fields.Add(Field(at, first, message.Messages, isOneof: false));
    }

    private ProtoField Field(ProtoToken at, string first, List<ProtoMessage> siblings, bool isOneof)
    {
        var field = new ProtoField { Name = "", Line = at.Line, Column = at.Column };
        bool hasLabel = first is "optional" or "required" or "repeated" && (token.Kind == ProtoTokenKind.Identifier || IsSymbol('.'));
        if (hasLabel)
        {
            if (isOneof) throw Error(at, "a field of a oneof has no label");
            field.Label = first switch { "required" => ProtoLabel.Required, "repeated" => ProtoLabel.Repeated, _ => ProtoLabel.Optional };
            if (file.IsProto3 && first == "required") throw Error(at, "required fields are of proto2");
            field.IsProto3Optional = file.IsProto3 && first == "optional";
            at = token;
            first = TypeName(mayBeAbsolute: true);
            if (first == "map" && IsSymbol('<')) throw Error(at, "a map has no label");
        }
        else if (!file.IsProto3 && !isOneof)
        {
            throw Error(at, $"expected optional, required or repeated before '{first}', as proto2 asks for");
        }

        if (first == "group" && token.Kind == ProtoTokenKind.Identifier)
        {
            if (file.IsProto3) throw Error(at, "groups are of proto2");
            Group(field, siblings);
            return field;
        }

        field.Type = Scalar(first);
        if (field.Type == ProtoType.Unresolved) field.TypeName = first;
        field.Name = Identifier();
        Expect('=');
        field.Number = FieldNumber();
        FieldOptions(field);
        Expect(';');
        return field;
    }

    private void Group(ProtoField field, List<ProtoMessage> siblings)
    {
        var at = token;
        string name = Identifier();
        if (!char.IsAsciiLetterUpper(name[0])) throw Error(at, "a group's name begins with a capital letter");
        field.Type = ProtoType.Group;
        field.TypeName = name;
        field.Name = name.ToLowerInvariant();
        Expect('=');
        field.Number = FieldNumber();
        FieldOptions(field);
        var group = new ProtoMessage { Name = name };
        siblings.Add(group);
        MessageBody(group);
    }

    private void Map(ProtoMessage message)
    {
        var at = token;
        Expect('<');
        var keyAt = token;
        var key = Scalar(TypeName(mayBeAbsolute: false));
        if (key is ProtoType.Unresolved or ProtoType.Float or ProtoType.Double or ProtoType.Bytes) throw Error(keyAt, "a map's key is an integer, a bool or a string");
        Expect(',');
        string valueName = TypeName(mayBeAbsolute: true);
        var value = Scalar(valueName);
        Expect('>');
        var field = new ProtoField { Name = Identifier(), Label = ProtoLabel.Repeated, Line = at.Line, Column = at.Column };
        Expect('=');
        field.Number = FieldNumber();
        FieldOptions(field);
        Expect(';');
        var entry = new ProtoMessage { Name = MapEntryName(field.Name), IsMapEntry = true };
        entry.Fields.Add(new ProtoField { Name = "key", Number = 1, Type = key, Line = at.Line, Column = at.Column });
        entry.Fields.Add(new ProtoField { Name = "value", Number = 2, Type = value, TypeName = value == ProtoType.Unresolved ? valueName : null, Line = at.Line, Column = at.Column });
        field.TypeName = entry.Name;
        message.Messages.Add(entry);
        message.Fields.Add(field);
    }

    private static string MapEntryName(string field)
    {
        var name = new System.Text.StringBuilder();
        bool isUpper = true;
        foreach (char c in field)
        {
            if (c != '_') name.Append(isUpper ? char.ToUpperInvariant(c) : c);
            isUpper = c == '_';
        }

        return name.Append("Entry").ToString();
    }

    private void Oneof(ProtoMessage message)
    {
        var oneof = new ProtoOneof { Name = Identifier() };
        int index = message.Oneofs.Count;
        message.Oneofs.Add(oneof);
        var at = token;
        Expect('{');
        int before = message.Fields.Count;
        while (!TakeSymbol('}'))
        {
            if (TakeSymbol(';')) continue;
            var fieldAt = token;
            string first = TypeName(mayBeAbsolute: true);
            if (first == "option" && (token.Kind == ProtoTokenKind.Identifier || IsSymbol('(')))
            {
                oneof.Options.Add(Option());
                Expect(';');
                continue;
            }

            if (first == "map" && IsSymbol('<')) throw Error(fieldAt, "a oneof has no maps");
            var field = Field(fieldAt, first, message.Messages, isOneof: true);
            field.Oneof = index;
            message.Fields.Add(field);
        }

        if (message.Fields.Count == before) throw Error(at, $"the oneof {oneof.Name} has no field");
    }

    private static void AddSyntheticOneofs(ProtoMessage message)
    {
        if (!message.Fields.Exists(field => field.IsProto3Optional)) return;
        var taken = message.Fields.Select(field => field.Name).Concat(message.Oneofs.Select(oneof => oneof.Name)).ToHashSet(StringComparer.Ordinal);
        foreach (var field in message.Fields.Where(field => field.IsProto3Optional))
        {
            string name = field.Name.StartsWith('_') ? field.Name : "_" + field.Name;
            while (!taken.Add(name)) name = "X" + name;
            field.Oneof = message.Oneofs.Count;
            message.Oneofs.Add(new ProtoOneof { Name = name, IsSynthetic = true });
        }
    }

    private void Extend(List<ProtoField> extensions, List<ProtoMessage> siblings)
    {
        string extendee = TypeName(mayBeAbsolute: true);
        var at = token;
        Expect('{');
        int before = extensions.Count;
        while (!TakeSymbol('}'))
        {
            if (TakeSymbol(';')) continue;
            var fieldAt = token;
            string first = TypeName(mayBeAbsolute: true);
            if (first == "map" && IsSymbol('<')) throw Error(fieldAt, "an extension is no map");
            var field = Field(fieldAt, first, siblings, isOneof: false);
            if (field.Label == ProtoLabel.Required) throw Error(fieldAt, "an extension is not required");
            field.Extendee = extendee;
            extensions.Add(field);
        }

        if (extensions.Count == before) throw Error(at, "extend has no field");
    }

    private ProtoEnum Enumeration()
    {
        int line = token.Line;
        var enumeration = new ProtoEnum { Name = Identifier(), Line = line };
        Expect('{');
        while (!TakeSymbol('}'))
        {
            if (TakeSymbol(';')) continue;
            var at = token;
            string name = Identifier();
            if (name == "option" && !IsSymbol('='))
            {
                enumeration.Options.Add(Option());
                Expect(';');
                continue;
            }

            if (name == "reserved" && !IsSymbol('='))
            {
                Reserved(enumeration.ReservedRanges, enumeration.ReservedNames, isEnum: true);
                continue;
            }

            Expect('=');
            var value = new ProtoEnumValue(name, SignedInteger());
            if (IsSymbol('[')) BracketOptions(value.Options.Add);
            Expect(';');
            if (file.IsProto3 && enumeration.Values.Count == 0 && value.Number != 0) throw Error(at, $"the first value of a proto3 enum is zero; {name} is {value.Number}");
            enumeration.Values.Add(value);
        }

        if (enumeration.Values.Count == 0) throw Error($"the enum {enumeration.Name} has no value");
        return enumeration;
    }

    private ProtoService Service()
    {
        var service = new ProtoService { Name = Identifier() };
        Expect('{');
        while (!TakeSymbol('}'))
        {
            if (TakeSymbol(';')) continue;
            var at = token;
            switch (Word())
            {
                case "option":
                    service.Options.Add(Option());
                    Expect(';');
                    break;
                case "rpc":
                    service.Methods.Add(Method());
                    break;
                default:
                    throw Error(at, $"expected rpc or option, found '{at.Text}'");
            }
        }

        return service;
    }

    private ProtoMethod Method()
    {
        string name = Identifier();
        (string input, bool clientStreams) = Streamed();
        ExpectWord("returns");
        (string output, bool serverStreams) = Streamed();
        var method = new ProtoMethod { Name = name, Input = input, Output = output, ClientStreaming = clientStreams, ServerStreaming = serverStreams };
        if (TakeSymbol(';')) return method;
        Expect('{');
        method.HasBody = true;
        while (!TakeSymbol('}'))
        {
            if (TakeSymbol(';')) continue;
            ExpectWord("option");
            method.Options.Add(Option());
            Expect(';');
        }

        return method;
    }

    private (string Type, bool IsStream) Streamed()
    {
        Expect('(');
        string type = TypeName(mayBeAbsolute: true);
        bool isStream = type == "stream" && !IsSymbol(')');
        if (isStream) type = TypeName(mayBeAbsolute: true);
        Expect(')');
        return (type, isStream);
    }

    private static ProtoType Scalar(string name) => name switch
    {
        "double" => ProtoType.Double,
        "float" => ProtoType.Float,
        "int64" => ProtoType.Int64,
        "uint64" => ProtoType.UInt64,
        "int32" => ProtoType.Int32,
        "fixed64" => ProtoType.Fixed64,
        "fixed32" => ProtoType.Fixed32,
        "bool" => ProtoType.Bool,
        "string" => ProtoType.String,
        "bytes" => ProtoType.Bytes,
        "uint32" => ProtoType.UInt32,
        "sfixed32" => ProtoType.SFixed32,
        "sfixed64" => ProtoType.SFixed64,
        "sint32" => ProtoType.SInt32,
        "sint64" => ProtoType.SInt64,
        _ => ProtoType.Unresolved,
    };

    private int FieldNumber()
    {
        var at = token;
        long number = Integer();
        return number is >= 1 and <= MaxFieldNumber ? (int)number : throw Error(at, $"a field's number is between 1 and {MaxFieldNumber}");
    }

    private int SignedInteger()
    {
        var at = token;
        bool isNegative = TakeSymbol('-');
        long number = Integer();
        if (isNegative) number = -number;
        return number is >= int.MinValue and <= int.MaxValue ? (int)number : throw Error(at, "the number has more than 32 bits");
    }

    private long Integer()
    {
        if (token.Kind != ProtoTokenKind.Integer) throw Error($"expected a whole number, found '{token.Text}'");
        if (!TryInteger(token.Text, out ulong number) || number > long.MaxValue) throw Error("the number is too large");
        Next();
        return (long)number;
    }

    /// <summary>Reads a decimal, octal or hexadecimal number.</summary>
    internal static bool TryInteger(string text, out ulong number)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)) return ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
        if (text.Length == 1 || text[0] != '0') return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
        number = 0;
        foreach (char digit in text)
        {
            if (digit is < '0' or > '7' || number >> 61 != 0) return false;
            number = (number << 3) | (uint)(digit - '0');
        }

        return true;
    }
}
