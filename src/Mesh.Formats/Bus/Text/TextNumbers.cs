using System.Buffers.Text;

namespace Mesh.Formats.Bus.Text;

/// <summary>Numbers of text logs; every character must belong to the number.</summary>
internal static class TextNumbers
{
    public static bool TryInteger(ReadOnlySpan<byte> text, bool isHex, out uint value) =>
        Utf8Parser.TryParse(text, out value, out int used, isHex ? 'x' : 'D') && used == text.Length && used > 0;

    /// <summary>A time as a decimal number.</summary>
    /// <param name="text">Digits, and perhaps a point and more digits.</param>
    /// <param name="unitNs">Nanoseconds of the unit: 1 000 000 000 for seconds.</param>
    /// <param name="ns">The time in nanoseconds; places beyond are cut off.</param>
    public static bool TryTime(ReadOnlySpan<byte> text, ulong unitNs, out ulong ns)
    {
        ns = 0;
        ulong whole = 0, fraction = 0, scale = unitNs;
        int i = 0;
        for (; i < text.Length && (uint)(text[i] - '0') <= 9; i++)
        {
            if (whole > ulong.MaxValue / 20 / unitNs) return false;
            whole = (whole * 10) + (ulong)(text[i] - '0');
        }

        if (i == 0) return false;
        if (i < text.Length && text[i] is (byte)'.' or (byte)',')
        {
            for (i++; i < text.Length && (uint)(text[i] - '0') <= 9; i++)
            {
                scale /= 10;
                fraction += scale * (ulong)(text[i] - '0');
            }
        }

        ns = (whole * unitNs) + fraction;
        return i == text.Length;
    }

    /// <summary>Reads data bytes until one is none or <paramref name="data"/> is full.</summary>
    public static int ReadBytes(ref Tokens tokens, scoped Span<byte> data, bool isHex)
    {
        int count = 0;
        while (count < data.Length)
        {
            var before = tokens;
            if (!TryInteger(tokens.Next(), isHex, out uint value) || value > 255)
            {
                tokens = before;
                break;
            }

            data[count++] = (byte)value;
        }

        return count;
    }
}
