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
}
