using System.Text;

namespace Mesh.Broker.Registry.Protobuf;

/// <summary>Encodes the message that an option's value in braces writes in text format ("Text Format Language Specification").</summary>
internal sealed class ProtoTextFormat
{
    private readonly ProtoOptionEncoder encoder;
    private readonly string scope;
    private readonly ProtoLexer lexer;
    private ProtoToken token;

    public ProtoTextFormat(string text, ProtoOptionEncoder encoder, string scope)
    {
        this.encoder = encoder;
        this.scope = scope;
        lexer = new ProtoLexer("option", text);
        token = lexer.Next();
    }

    /// <returns>False when the text does not fit the message; what was written then means nothing.</returns>
    public bool TryWrite(ProtoWireWriter to, ProtoMessage message) => TryBody(to, message) && token.Kind == ProtoTokenKind.End;

    private bool TryBody(ProtoWireWriter to, ProtoMessage message)
    {
        string close = token.Text == "{" ? "}" : token.Text == "<" ? ">" : "";
        if (close.Length == 0) return false;
        Next();
        while (!Take(close))
        {
            if (token.Kind == ProtoTokenKind.End || !TryField(to, message)) return false;
            _ = Take(",") || Take(";");
        }

        return true;
    }

    private bool TryField(ProtoWireWriter to, ProtoMessage message)
    {
        ProtoField? field;
        if (Take("["))
        {
            var name = new StringBuilder();
            for (; token.Text != "]"; Next())
            {
                if (token.Kind == ProtoTokenKind.End) return false;
                name.Append(token.Text);
            }

            Next();
            field = name.Length == 0 ? null : encoder.ExtensionOf(name.ToString(), scope);
        }
        else
        {
            string name = token.Text;
            Next();
            field = message.Fields.Find(each => each.Name == name || (each.Type == ProtoType.Group && each.TypeName!.EndsWith("." + name, StringComparison.Ordinal)));
        }

        if (field is null) return false;
        bool hasColon = Take(":");
        if (!Take("[")) return (hasColon || token.Text is "{" or "<") && TryValue(to, field);
        if (Take("]")) return true;
        do
        {
            if (!TryValue(to, field)) return false;
        }
        while (Take(","));
        return Take("]");
    }

    private bool TryValue(ProtoWireWriter to, ProtoField field)
    {
        if (encoder.MessageOf(field) is { } message)
        {
            var content = new ProtoWireWriter();
            if (!TryBody(content, message)) return false;
            if (field.Type == ProtoType.Group) to.Group(field.Number, content.ToArray());
            else to.Bytes(field.Number, content.ToArray());
            return true;
        }

        string sign = Take("-") ? "-" : "";
        var at = token;
        Next();
        switch (at.Kind)
        {
            case ProtoTokenKind.String:
                var bytes = new List<byte>(at.Bytes!);
                for (; token.Kind == ProtoTokenKind.String; Next()) bytes.AddRange(token.Bytes!);
                return encoder.TryWriteValue(to, field, new ProtoValue(ProtoValueKind.String, "", [.. bytes]), scope);
            case ProtoTokenKind.Integer when ProtoParser.TryInteger(at.Text, out ulong number):
                return encoder.TryWriteValue(to, field, new ProtoValue(ProtoValueKind.Integer, sign + number.ToString(System.Globalization.CultureInfo.InvariantCulture)), scope);
            case ProtoTokenKind.Float:
                return encoder.TryWriteValue(to, field, new ProtoValue(ProtoValueKind.Float, sign + at.Text), scope);
            case ProtoTokenKind.Identifier:
                string text = at.Text is "t" or "True" && field.Type == ProtoType.Bool ? "true" : at.Text is "f" or "False" && field.Type == ProtoType.Bool ? "false" : sign + at.Text;
                return encoder.TryWriteValue(to, field, new ProtoValue(sign.Length > 0 ? ProtoValueKind.Float : ProtoValueKind.Identifier, text), scope);
            default:
                return false;
        }
    }

    private bool Take(string symbol)
    {
        if (token.Kind != ProtoTokenKind.Symbol || token.Text != symbol) return false;
        Next();
        return true;
    }

    private void Next() => token = lexer.Next();
}
