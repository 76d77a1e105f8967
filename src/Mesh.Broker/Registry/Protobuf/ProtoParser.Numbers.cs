using System.Globalization;

namespace Mesh.Broker.Registry.Protobuf;

/// <content>Numbers.</content>
internal sealed partial class ProtoParser
{
    private const int MaxFieldNumber = (1 << 29) - 1;

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
