namespace Mesh.Formats.Mdf4;

/// <summary>Block ids as the little-endian integer of their four characters (specification 4.2, "General block structure").</summary>
internal static class Mdf4BlockId
{
    public const uint Header = 'H' << 16 | 'D' << 24 | Mark;
    public const uint FileHistory = 'F' << 16 | 'H' << 24 | Mark;
    public const uint Hierarchy = 'C' << 16 | 'H' << 24 | Mark;
    public const uint Attachment = 'A' << 16 | 'T' << 24 | Mark;
    public const uint Event = 'E' << 16 | 'V' << 24 | Mark;
    public const uint DataGroup = 'D' << 16 | 'G' << 24 | Mark;
    public const uint ChannelGroup = 'C' << 16 | 'G' << 24 | Mark;
    public const uint Channel = 'C' << 16 | 'N' << 24 | Mark;
    public const uint Conversion = 'C' << 16 | 'C' << 24 | Mark;
    public const uint Array = 'C' << 16 | 'A' << 24 | Mark;
    public const uint Source = 'S' << 16 | 'I' << 24 | Mark;
    public const uint Text = 'T' << 16 | 'X' << 24 | Mark;
    public const uint Comment = 'M' << 16 | 'D' << 24 | Mark;
    public const uint Reduction = 'S' << 16 | 'R' << 24 | Mark;
    public const uint Data = 'D' << 16 | 'T' << 24 | Mark;
    public const uint SignalData = 'S' << 16 | 'D' << 24 | Mark;
    public const uint ReductionData = 'R' << 16 | 'D' << 24 | Mark;
    public const uint DataValues = 'D' << 16 | 'V' << 24 | Mark;
    public const uint DataInvalidation = 'D' << 16 | 'I' << 24 | Mark;
    public const uint ReductionValues = 'R' << 16 | 'V' << 24 | Mark;
    public const uint ReductionInvalidation = 'R' << 16 | 'I' << 24 | Mark;
    public const uint Zipped = 'D' << 16 | 'Z' << 24 | Mark;
    public const uint DataList = 'D' << 16 | 'L' << 24 | Mark;
    public const uint HeaderList = 'H' << 16 | 'L' << 24 | Mark;
    public const uint ListData = 'L' << 16 | 'D' << 24 | Mark;

    /// <summary>The two number signs that every id begins with.</summary>
    public const uint Mark = '#' | '#' << 8;

    public static bool IsBlock(uint id) =>
        (id & 0xFFFF) == Mark && (id >> 16 & 0xFF) is >= 'A' and <= 'Z' && (id >> 24) is >= 'A' and <= 'Z';

    /// <summary>The id for messages to people; bytes that are no text come out in hexadecimal.</summary>
    public static string Name(uint id)
    {
        Span<char> text = stackalloc char[4];
        for (int i = 0; i < 4; i++)
        {
            text[i] = (char)(id >> (8 * i) & 0xFF);
            if (text[i] is < ' ' or > '~') return $"bytes {System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(id):x8}";
        }

        return $"'{text}'";
    }
}
