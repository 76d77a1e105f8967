using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Mesh.Columnar.Parquet;

/// <summary>Bounds in Iceberg's single-value serialisation (table specification, appendix D), shortened as its truncate(16) does.</summary>
internal static class SingleValue
{
    /// <summary>Code points of a text or bytes of a byte string that a bound keeps.</summary>
    public const int BoundUnits = 16;

    /// <summary>The unscaled value, big-endian, in as few bytes as hold its sign.</summary>
    public static byte[] OfDecimal(Int128 value)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteInt128BigEndian(bytes, value);
        int from = 0;
        byte filler = value < 0 ? (byte)0xFF : (byte)0;
        while (from < 15 && bytes[from] == filler && (bytes[from + 1] & 0x80) == (filler & 0x80)) from++;
        return bytes[from..];
    }

    /// <summary>The first <paramref name="units"/> code points or bytes; null when a text is not UTF-8.</summary>
    public static byte[]? TruncateDown(ReadOnlySpan<byte> value, bool isText, int units)
    {
        int length = PrefixLength(value, isText, units);
        return length < 0 ? null : value[..length].ToArray();
    }

    /// <summary>The value, or when it must be shortened, the smallest short one that is not below it; null when there is none.</summary>
    /// <param name="value">The value or a prefix of it.</param>
    /// <param name="isCut">Whether it is only a prefix.</param>
    /// <param name="isText">Whether units are code points.</param>
    /// <param name="units">How many may remain.</param>
    public static byte[]? TruncateUp(ReadOnlySpan<byte> value, bool isCut, bool isText, int units)
    {
        int length = PrefixLength(value, isText, units);
        if (length < 0) return null;
        if (length == value.Length && !isCut) return value.ToArray();
        return isText ? IncrementText(value[..length]) : IncrementBytes(value[..length]);
    }

    /// <summary>Whole code points only: a prefix may end inside of one. Negative when the text is not UTF-8.</summary>
    private static int PrefixLength(ReadOnlySpan<byte> value, bool isText, int units)
    {
        if (!isText) return Math.Min(units, value.Length);
        int length = 0;
        for (int i = 0; i < units && length < value.Length; i++)
        {
            var status = Rune.DecodeFromUtf8(value[length..], out _, out int consumed);
            if (status == OperationStatus.NeedMoreData) break;
            if (status != OperationStatus.Done) return -1;
            length += consumed;
        }

        return length;
    }

    private static byte[]? IncrementBytes(ReadOnlySpan<byte> prefix)
    {
        int last = prefix.LastIndexOfAnyExcept((byte)0xFF);
        if (last < 0) return null;
        byte[] bytes = prefix[..(last + 1)].ToArray();
        bytes[last]++;
        return bytes;
    }

    private static byte[]? IncrementText(ReadOnlySpan<byte> prefix)
    {
        while (!prefix.IsEmpty)
        {
            Rune.DecodeLastFromUtf8(prefix, out var last, out int consumed);
            prefix = prefix[..^consumed];
            if (last.Value == 0x10FFFF) continue;

            // Surrogates are no code points of text.
            int next = last.Value == 0xD7FF ? 0xE000 : last.Value + 1;
            Span<byte> encoded = stackalloc byte[4];
            int length = new Rune(next).EncodeToUtf8(encoded);
            return [.. prefix, .. encoded[..length]];
        }

        return null;
    }
}
