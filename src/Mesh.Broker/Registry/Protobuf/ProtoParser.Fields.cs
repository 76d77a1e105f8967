using System.Text;

namespace Mesh.Broker.Registry.Protobuf;

/// <content>Fields: plain ones, groups, maps, those of a oneof or an extension.</content>
internal sealed partial class ProtoParser
{
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
        var name = new StringBuilder();
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
}
