using System.Globalization;

namespace Mesh.Broker.Registry.Protobuf;

/// <summary>
/// Encodes options as the extension or field they set. One whose definition is not at hand is kept as
/// <c>UninterpretedOption</c>, as a parser leaves it.
/// </summary>
internal sealed class ProtoOptionEncoder
{
    private const int UninterpretedOption = 999;
    private static readonly Lazy<LinkedProto> Descriptor = new(() => ProtoLinker.Link(WellKnownProtos.Find(WellKnownProtos.Descriptor)!, static _ => null));

    private readonly Func<string, object?> find;

    public ProtoOptionEncoder(LinkedProto linked)
    {
        var all = new List<IReadOnlyDictionary<string, object?>> { linked.Symbols };
        all.AddRange(linked.Imports.Values.Select(each => each.Symbols));
        all.Add(Descriptor.Value.Symbols);
        find = name =>
        {
            foreach (var symbols in all)
            {
                if (symbols.TryGetValue(name, out object? symbol) && symbol is not null) return symbol;
            }

            return null;
        };
    }

    public byte[] Encode(string optionsType, List<ProtoOption> options, string scope)
    {
        var writer = new ProtoWireWriter();
        var type = find("google.protobuf." + optionsType) as ProtoMessage;
        foreach (var option in options)
        {
            var single = new ProtoWireWriter();
            if (type is not null && TrySet(single, type, option.Name, 0, option.Value, scope)) writer.Append(single.ToArray());
            else writer.Message(UninterpretedOption, inner => Uninterpreted(inner, option));
        }

        return writer.ToArray();
    }

    private bool TrySet(ProtoWireWriter to, ProtoMessage type, IReadOnlyList<ProtoOptionName> name, int at, ProtoValue value, string scope)
    {
        var field = name[at].IsExtension ? Extension(name[at].Name, scope) : type.Fields.Find(each => each.Name == name[at].Name);
        if (field is null) return false;

        // What is only for the source's readers is not in descriptors.
        if (field.Options.Exists(option => option.Is("retention") && option.Value.Text == "RETENTION_SOURCE")) return true;
        if (at == name.Count - 1) return TryWrite(to, field, value, scope);
        if (field.TypeName is null || find(field.TypeName[1..]) is not ProtoMessage inner) return false;
        var content = new ProtoWireWriter();
        if (!TrySet(content, inner, name, at + 1, value, scope)) return false;
        WriteMessage(to, field, content.ToArray());
        return true;
    }

    private static void WriteMessage(ProtoWireWriter to, ProtoField field, byte[] content)
    {
        if (field.Type == ProtoType.Group) to.Group(field.Number, content);
        else to.Bytes(field.Number, content);
    }

    private ProtoField? Extension(string name, string scope)
    {
        if (name[0] == '.') return (find(name[1..]) as ProtoOwned)?.Symbol as ProtoField;
        while (true)
        {
            if (find(scope.Length == 0 ? name : $"{scope}.{name}") is ProtoOwned { Symbol: ProtoField field }) return field;
            if (scope.Length == 0) return null;
            int dot = scope.LastIndexOf('.');
            scope = dot < 0 ? "" : scope[..dot];
        }
    }

    private bool TryWrite(ProtoWireWriter to, ProtoField field, ProtoValue value, string scope)
    {
        switch (field.Type)
        {
            case ProtoType.Message or ProtoType.Group:
                if (value.Kind != ProtoValueKind.Aggregate || find(field.TypeName![1..]) is not ProtoMessage message) return false;
                var content = new ProtoWireWriter();
                if (!new ProtoTextFormat(value.Text, this, scope).TryWrite(content, message)) return false;
                WriteMessage(to, field, content.ToArray());
                return true;
            case ProtoType.Enum:
                if (find(field.TypeName![1..]) is not ProtoEnum enumeration) return false;
                if (value.Kind == ProtoValueKind.Integer && int.TryParse(value.Text, CultureInfo.InvariantCulture, out int direct))
                {
                    to.Varint(field.Number, (ulong)(long)direct);
                    return true;
                }

                if (enumeration.Values.Find(each => each.Name == value.Text) is not { } known) return false;
                to.Varint(field.Number, (ulong)(long)known.Number);
                return true;
            case ProtoType.Bool:
                if (value.Text is not ("true" or "false")) return false;
                to.Varint(field.Number, value.Text == "true" ? 1UL : 0);
                return true;
            case ProtoType.String or ProtoType.Bytes:
                if (value.Kind != ProtoValueKind.String) return false;
                to.Bytes(field.Number, value.Bytes);
                return true;
            case ProtoType.Float or ProtoType.Double:
                return TryWriteFloat(to, field, value);
            default:
                return value.Kind == ProtoValueKind.Integer && ProtoDefaults.Fits(field.Type, value.Text) && WriteInteger(to, field, value.Text);
        }
    }

    internal bool TryWriteValue(ProtoWireWriter to, ProtoField field, ProtoValue value, string scope) => TryWrite(to, field, value, scope);

    internal ProtoMessage? MessageOf(ProtoField field) => field.TypeName is null ? null : find(field.TypeName[1..]) as ProtoMessage;

    internal ProtoField? ExtensionOf(string name, string scope) => Extension(name, scope);

    private static bool TryWriteFloat(ProtoWireWriter to, ProtoField field, ProtoValue value)
    {
        double number = value.Text switch { "inf" => double.PositiveInfinity, "-inf" => double.NegativeInfinity, "nan" or "-nan" => double.NaN, _ => 0 };
        if (number == 0 && (value.Kind == ProtoValueKind.Identifier || !double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out number))) return false;
        if (field.Type == ProtoType.Float) to.Fixed32(field.Number, BitConverter.SingleToUInt32Bits((float)number));
        else to.Fixed64(field.Number, BitConverter.DoubleToUInt64Bits(number));
        return true;
    }

    private static bool WriteInteger(ProtoWireWriter to, ProtoField field, string text)
    {
        ulong number = text[0] == '-' ? (ulong)long.Parse(text, CultureInfo.InvariantCulture) : ulong.Parse(text, CultureInfo.InvariantCulture);
        switch (field.Type)
        {
            case ProtoType.SInt32 or ProtoType.SInt64:
                to.Varint(field.Number, ((number << 1) ^ (ulong)((long)number >> 63)));
                return true;
            case ProtoType.Fixed32 or ProtoType.SFixed32:
                to.Fixed32(field.Number, (uint)number);
                return true;
            case ProtoType.Fixed64 or ProtoType.SFixed64:
                to.Fixed64(field.Number, number);
                return true;
            default:
                to.Varint(field.Number, number);
                return true;
        }
    }

    private static void Uninterpreted(ProtoWireWriter to, ProtoOption option)
    {
        foreach (var part in option.Name)
        {
            to.Message(2, inner =>
            {
                inner.Text(1, part.Name);
                inner.Varint(2, part.IsExtension ? 1UL : 0);
            });
        }

        string text = option.Value.Text;
        switch (option.Value.Kind)
        {
            case ProtoValueKind.Identifier:
                to.Text(3, text);
                break;
            case ProtoValueKind.Integer when text[0] == '-' && long.TryParse(text, CultureInfo.InvariantCulture, out long negative):
                to.Varint(5, (ulong)negative);
                break;
            case ProtoValueKind.Integer when ulong.TryParse(text, CultureInfo.InvariantCulture, out ulong positive):
                to.Varint(4, positive);
                break;
            case ProtoValueKind.String:
                to.Bytes(7, option.Value.Bytes);
                break;
            case ProtoValueKind.Aggregate:
                to.Text(8, text.Trim('{', '}', ' '));
                break;
            default:
                _ = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number);
                to.Fixed64(6, BitConverter.DoubleToUInt64Bits(number));
                break;
        }
    }
}
