using System.Buffers.Binary;

namespace Mesh.Columnar.Compression;

/// <summary>Frames that carry no data, which Zstandard (RFC 8878, 3.1.2) and LZ4 (Frame Format, "Skippable Frames") share.</summary>
internal static class SkippableFrames
{
    private const uint Magic = 0x184D2A50;
    private const int HeaderBytes = 8;

    /// <summary>Passes over the skippable frames that <paramref name="source"/> begins with; false when one of them is cut off.</summary>
    public static bool TrySkip(ref ReadOnlySpan<byte> source)
    {
        while (source.Length >= sizeof(uint) && (BinaryPrimitives.ReadUInt32LittleEndian(source) & 0xFFFFFFF0) == Magic)
        {
            if (source.Length < HeaderBytes) return false;
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(source[4..]);
            if (length > source.Length - HeaderBytes) return false;
            source = source[(HeaderBytes + (int)length)..];
        }

        return true;
    }
}
