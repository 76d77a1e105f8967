using System.Text;

namespace Mesh.Broker.Registry.Protobuf;

/// <content>Options, ranges and the single tokens.</content>
internal sealed partial class ProtoParser
{
    private void FieldOptions(ProtoField field)
    {
        if (!IsSymbol('[')) return;
        BracketOptions(option =>
        {
            if (option.Is("json_name")) field.JsonName = option.Value.Kind == ProtoValueKind.String ? option.Value.Text : throw Error("json_name is a string");
            else field.Options.Add(option);
        });
    }

    private void BracketOptions(Action<ProtoOption> add)
    {
        Expect('[');
        do add(Option());
        while (TakeSymbol(','));
        Expect(']');
    }

    private ProtoOption Option()
    {
        List<ProtoOptionName> name = [];
        do
        {
            if (TakeSymbol('('))
            {
                name.Add(new ProtoOptionName(TypeName(mayBeAbsolute: true), IsExtension: true));
                Expect(')');
            }
            else
            {
                name.Add(new ProtoOptionName(Identifier(), IsExtension: false));
            }
        }
        while (TakeSymbol('.'));
        Expect('=');
        return new ProtoOption(name, Value());
    }

    private ProtoValue Value()
    {
        if (IsSymbol('{')) return new ProtoValue(ProtoValueKind.Aggregate, Aggregate());
        bool isNegative = TakeSymbol('-');
        var at = token;
        string sign = isNegative ? "-" : "";
        switch (token.Kind)
        {
            case ProtoTokenKind.Identifier when !isNegative || token.Text is "inf" or "nan":
                Next();
                return new ProtoValue(isNegative ? ProtoValueKind.Float : ProtoValueKind.Identifier, sign + at.Text);
            case ProtoTokenKind.Integer:
                Next();
                return TryInteger(at.Text, out ulong number)
                    ? new ProtoValue(ProtoValueKind.Integer, sign + number.ToString(System.Globalization.CultureInfo.InvariantCulture))
                    : new ProtoValue(ProtoValueKind.Float, sign + at.Text);
            case ProtoTokenKind.Float:
                Next();
                return new ProtoValue(ProtoValueKind.Float, sign + at.Text);
            case ProtoTokenKind.String when !isNegative:
                byte[] bytes = StringBytes();
                return new ProtoValue(ProtoValueKind.String, Encoding.UTF8.GetString(bytes), bytes);
            default:
                throw Error(at, $"expected an option's value, found '{at.Text}'");
        }
    }

    /// <summary>Takes a text-format message in braces as it is; what it means is known only with the option's type.</summary>
    private string Aggregate()
    {
        var text = new StringBuilder();
        int nesting = 0;
        do
        {
            if (token.Kind == ProtoTokenKind.End) throw Error("an option's value in braces does not end");
            if (IsSymbol('{') || IsSymbol('<')) nesting++;
            if (nesting > MaxDepth) throw Error($"an option's value is nested more than {MaxDepth} deep");
            if (IsSymbol('}') || IsSymbol('>')) nesting--;
            if (text.Length > 0) text.Append(' ');
            text.Append(token.Kind == ProtoTokenKind.String ? ProtoPrinter.Quote(token.Bytes) : token.Text);
            Next();
        }
        while (nesting > 0);
        return text.ToString();
    }

    private void ExtensionRanges(ProtoMessage message)
    {
        int from = message.ExtensionRanges.Count;
        do message.ExtensionRanges.Add(Range(MaxFieldNumber, isEnum: false));
        while (TakeSymbol(','));
        if (IsSymbol('['))
        {
            BracketOptions(option =>
            {
                for (int i = from; i < message.ExtensionRanges.Count; i++) message.ExtensionRanges[i].Options.Add(option);
            });
        }

        Expect(';');
    }

    private void Reserved(List<ProtoRange> ranges, List<string> names, bool isEnum)
    {
        bool areNames = token.Kind == ProtoTokenKind.String;
        do
        {
            if (areNames) names.Add(StringLiteral());
            else ranges.Add(Range(isEnum ? int.MaxValue : MaxFieldNumber, isEnum));
        }
        while (TakeSymbol(','));
        Expect(';');
    }

    private ProtoRange Range(int max, bool isEnum)
    {
        var at = token;
        int start = isEnum ? SignedInteger() : FieldNumber();
        int end = start;
        if (TakeWord("to")) end = TakeWord("max") ? max : isEnum ? SignedInteger() : FieldNumber();
        if (end < start) throw Error(at, $"the range {start} to {end} is empty");
        return new ProtoRange(start, isEnum ? end : end + 1);
    }

    private string TypeName(bool mayBeAbsolute)
    {
        string name = mayBeAbsolute && TakeSymbol('.') ? "." : "";
        name += Identifier();

        // Before a dot these are words, not the beginning of a name: `repeated .a.B`.
        if (!IsSymbol('.') || (mayBeAbsolute && name is ("optional" or "required" or "repeated" or "extend" or "stream"))) return name;
        var whole = new StringBuilder(name);
        while (TakeSymbol('.')) whole.Append('.').Append(Identifier());
        return whole.ToString();
    }

    private string StringLiteral() => Encoding.UTF8.GetString(StringBytes());

    private byte[] StringBytes()
    {
        if (token.Kind != ProtoTokenKind.String) throw Error($"expected a string, found '{token.Text}'");
        byte[] bytes = token.Bytes!;
        Next();
        if (token.Kind != ProtoTokenKind.String) return bytes;
        var all = new List<byte>(bytes);
        for (; token.Kind == ProtoTokenKind.String; Next()) all.AddRange(token.Bytes!);
        return [.. all];
    }

    private string Identifier()
    {
        if (token.Kind != ProtoTokenKind.Identifier) throw Error(token.Kind == ProtoTokenKind.End ? "expected a name, the text ends" : $"expected a name, found '{token.Text}'");
        string name = token.Text;
        Next();
        return name;
    }

    private string Word() => token.Kind == ProtoTokenKind.Identifier ? Identifier() : "";

    private bool IsWord(string word) => token.Kind == ProtoTokenKind.Identifier && token.Text == word;

    private bool TakeWord(string word)
    {
        if (!IsWord(word)) return false;
        Next();
        return true;
    }

    private void ExpectWord(string word)
    {
        if (!TakeWord(word)) throw Error($"expected '{word}', found '{token.Text}'");
    }

    private bool IsSymbol(char symbol) => token.Kind == ProtoTokenKind.Symbol && token.Text[0] == symbol;

    private bool TakeSymbol(char symbol)
    {
        if (!IsSymbol(symbol)) return false;
        Next();
        return true;
    }

    private void Expect(char symbol)
    {
        if (!TakeSymbol(symbol)) throw Error(token.Kind == ProtoTokenKind.End ? $"expected '{symbol}', the text ends" : $"expected '{symbol}', found '{token.Text}'");
    }

    private void Enter()
    {
        if (++depth > MaxDepth) throw Error($"messages are nested more than {MaxDepth} deep");
    }

    private void Next() => token = lexer.Next();

    private ProtoSyntaxException Error(string problem) => Error(token, problem);

    private ProtoSyntaxException Error(ProtoToken at, string problem) => new(file.Name, at.Line, at.Column, problem + ".");
}
