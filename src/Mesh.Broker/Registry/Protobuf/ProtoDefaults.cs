using System.Globalization;
using System.Text;

namespace Mesh.Broker.Registry.Protobuf;

/// <summary>Default values in the form of <c>FieldDescriptorProto.default_value</c>.</summary>
internal static class ProtoDefaults
{
    /// <returns>Null when the value does not fit the field's type.</returns>
    public static string? Normalise(ProtoField field, ProtoValue value, ProtoEnum? enumeration)
    {
        switch (field.Type)
        {
            case ProtoType.Message or ProtoType.Group:
                return null;
            case ProtoType.Bool:
                return value is { Kind: ProtoValueKind.Identifier, Text: "true" or "false" } ? value.Text : null;
            case ProtoType.String:
                return value.Kind == ProtoValueKind.String ? value.Text : null;
            case ProtoType.Bytes:
                return value.Kind == ProtoValueKind.String ? Escape(value.Bytes) : null;
            case ProtoType.Enum:
                return value.Kind == ProtoValueKind.Identifier && enumeration!.Values.Exists(each => each.Name == value.Text) ? value.Text : null;
            case ProtoType.Float or ProtoType.Double:
                return Float(value, field.Type == ProtoType.Float);
            default:
                return value.Kind == ProtoValueKind.Integer && Fits(field.Type, value.Text) ? value.Text == "-0" ? "0" : value.Text : null;
        }
    }

    public static bool Fits(ProtoType type, string number) => type switch
    {
        ProtoType.Int32 or ProtoType.SInt32 or ProtoType.SFixed32 or ProtoType.Enum => int.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
        ProtoType.UInt32 or ProtoType.Fixed32 => uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _),
        ProtoType.UInt64 or ProtoType.Fixed64 => ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _),
        _ => long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
    };

    /// <summary>C escapes as <c>CEscape</c> writes them.</summary>
    public static string Escape(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (byte b in bytes)
        {
            _ = b switch
            {
                (byte)'\n' => text.Append("\\n"),
                (byte)'\r' => text.Append("\\r"),
                (byte)'\t' => text.Append("\\t"),
                (byte)'"' => text.Append("\\\""),
                (byte)'\'' => text.Append("\\'"),
                (byte)'\\' => text.Append("\\\\"),
                < 0x20 or >= 0x7F => text.Append('\\').Append((char)('0' + (b >> 6))).Append((char)('0' + ((b >> 3) & 7))).Append((char)('0' + (b & 7))),
                _ => text.Append((char)b),
            };
        }

        return text.ToString();
    }

    private static string? Float(ProtoValue value, bool isSingle)
    {
        if (value.Text is "inf" or "-inf" or "nan") return value.Text;
        if (value.Text is "-nan") return "nan";
        if (value.Kind is not (ProtoValueKind.Integer or ProtoValueKind.Float)) return null;
        if (!double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)) return null;
        if (isSingle && float.IsInfinity((float)number)) return number > 0 ? "inf" : "-inf";
        if (double.IsInfinity(number)) return number > 0 ? "inf" : "-inf";

        // As SimpleDtoa: %g with the fewest digits of 6 (float), 15 (double) or more that give the number back.
        return Shortest(isSingle ? (float)number : number, isSingle);
    }

    private static string Shortest(double number, bool isSingle)
    {
        int digits = isSingle ? 6 : 15;
        string text;
        do
        {
            text = General(number, digits++);
        }
        while (digits <= 17 && !(isSingle ? float.Parse(text, CultureInfo.InvariantCulture) == (float)number : double.Parse(text, CultureInfo.InvariantCulture) == number));
        return text;
    }

    /// <summary>C's <c>%.{digits}g</c>.</summary>
    private static string General(double number, int digits)
    {
        if (number == 0) return double.IsNegative(number) ? "-0" : "0";
        string scientific = number.ToString("E" + (digits - 1).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        int e = scientific.IndexOf('E', StringComparison.Ordinal);
        int exponent = int.Parse(scientific.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        string sign = scientific[0] == '-' ? "-" : "";
        string mantissa = scientific[sign.Length..e].Replace(".", "", StringComparison.Ordinal).TrimEnd('0');
        if (mantissa.Length == 0) mantissa = "0";
        if (exponent < -4 || exponent >= digits)
        {
            string fraction = mantissa.Length > 1 ? "." + mantissa[1..] : "";
            return $"{sign}{mantissa[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }

        if (exponent < 0) return $"{sign}0.{new string('0', -exponent - 1)}{mantissa}";
        if (mantissa.Length <= exponent + 1) return sign + mantissa.PadRight(exponent + 1, '0');
        return $"{sign}{mantissa[..(exponent + 1)]}.{mantissa[(exponent + 1)..]}";
    }
}
