using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using Mesh.Formats.Mdf.Conversions;

namespace Mesh.Formats.Mdf.Decoding;

/// <summary>Texts of all encodings to UTF-8. What does not belong to the encoding becomes U+FFFD.</summary>
internal static class TextEncodings
{
    /// <summary>The text up to its terminator.</summary>
    public static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> bytes, MdfDataType type)
    {
        if (type is MdfDataType.StringUtf16LittleEndian or MdfDataType.StringUtf16BigEndian)
        {
            bytes = bytes[..(bytes.Length & ~1)];
            int units = MemoryMarshal.Cast<byte, char>(bytes).IndexOf('\0');
            return units < 0 ? bytes : bytes[..(units * 2)];
        }

        int end = bytes.IndexOf((byte)0);
        return end < 0 ? bytes : bytes[..end];
    }

    /// <summary>The text in UTF-8: the bytes themselves where they are that already.</summary>
    public static ReadOnlySpan<byte> ToUtf8(ReadOnlySpan<byte> bytes, MdfDataType type, ref TextScratch scratch)
    {
        switch (type)
        {
            case MdfDataType.StringLatin1:
                if (Ascii.IsValid(bytes)) return bytes;
                var latin = scratch.Reserve(bytes.Length * 2);
                int written = 0;
                foreach (byte c in bytes)
                {
                    if (c < 0x80)
                    {
                        latin[written++] = c;
                        continue;
                    }

                    latin[written++] = (byte)(0xC0 | (c >> 6));
                    latin[written++] = (byte)(0x80 | (c & 0x3F));
                }

                scratch.Advance(written);
                return scratch.Text;
            case MdfDataType.StringUtf16LittleEndian:
                return FromUtf16(MemoryMarshal.Cast<byte, char>(bytes), ref scratch);
            case MdfDataType.StringUtf16BigEndian:
                // Turned around first; the result follows. The room for both is taken at once: growing would leave the text behind.
                int length = bytes.Length / 2;
                var turned = scratch.Reserve(bytes.Length * 3);
                BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, ushort>(bytes), MemoryMarshal.Cast<byte, ushort>(turned)[..length]);
                scratch.Advance(bytes.Length);
                int start = scratch.Text.Length;
                FromUtf16(MemoryMarshal.Cast<byte, char>(scratch.Text[(start - bytes.Length)..]), ref scratch);
                return scratch.Text[start..];
            default:
                return Utf8.IsValid(bytes) ? bytes : Repair(bytes);
        }
    }

    private static ReadOnlySpan<byte> FromUtf16(scoped ReadOnlySpan<char> text, ref TextScratch scratch)
    {
        Utf8.FromUtf16(text, scratch.Reserve(text.Length * 3), out _, out int written, replaceInvalidSequences: true);
        scratch.Advance(written);
        return scratch.Text;
    }

    // Rare: only damaged text comes here.
    private static byte[] Repair(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes));
}
