using System.Buffers.Binary;

namespace Mesh.Commands.Media.Images;

/// <summary>What a compressed picture really is, by its first bytes: the format that a message names is a claim, and a browser would run an SVG.</summary>
public static class ImageFormat
{
    /// <summary>Media type and size of a JPEG, PNG or WebP picture; null for anything else. The size is 0 × 0 where the header does not say it early.</summary>
    public static (string MediaType, int Width, int Height)? Detect(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= 24 && bytes.StartsWith((ReadOnlySpan<byte>)[0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
        {
            uint width = BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]), height = BinaryPrimitives.ReadUInt32BigEndian(bytes[20..]);
            return ("image/png", (int)Math.Min(width, int.MaxValue), (int)Math.Min(height, int.MaxValue));
        }

        if (bytes.Length >= 4 && bytes[0] == 0xFF && bytes[1] == 0xD8 && bytes[2] == 0xFF)
        {
            var (width, height) = JpegSize(bytes);
            return ("image/jpeg", width, height);
        }

        if (bytes.Length >= 12 && bytes.StartsWith("RIFF"u8) && bytes[8..].StartsWith("WEBP"u8)) return ("image/webp", 0, 0);
        return null;
    }

    /// <summary>Size from the frame header (ITU T.81, B.2.2); the segments before it are passed over by their lengths.</summary>
    private static (int Width, int Height) JpegSize(ReadOnlySpan<byte> bytes)
    {
        int at = 2;
        while (at + 9 <= bytes.Length && bytes[at] == 0xFF)
        {
            byte marker = bytes[at + 1];
            if (marker == 0xFF)
            {
                at++;
                continue;
            }

            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC)) return (BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 7)..]), BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 5)..]));
            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 2)..]);
        }

        return (0, 0);
    }
}
