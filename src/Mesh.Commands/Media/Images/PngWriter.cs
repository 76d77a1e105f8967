using System.Buffers.Binary;
using System.IO.Compression;
using Mesh.Columnar.Compression;

namespace Mesh.Commands.Media.Images;

/// <summary>Writes 8-bit PNG (W3C PNG, third edition): grey, RGB or palette colours, rows unfiltered or with the difference to the pixel before.</summary>
public static class PngWriter
{
    private static readonly byte[] Signature = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>A picture of palette colours.</summary>
    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="indices">A byte per pixel, row by row.</param>
    /// <param name="palette">Red, green and blue of up to 256 colours.</param>
    public static byte[] WriteIndexed(int width, int height, ReadOnlySpan<byte> indices, ReadOnlySpan<byte> palette) =>
        Write(width, height, 3, 1, indices, palette, difference: false);

    /// <summary>A picture of grey values, a byte per pixel.</summary>
    public static byte[] WriteGrey(int width, int height, ReadOnlySpan<byte> pixels) => Write(width, height, 0, 1, pixels, [], difference: true);

    /// <summary>A picture of red, green and blue, three bytes per pixel.</summary>
    public static byte[] WriteRgb(int width, int height, ReadOnlySpan<byte> pixels) => Write(width, height, 2, 3, pixels, [], difference: true);

    private static byte[] Write(int width, int height, byte colourType, int pixelBytes, ReadOnlySpan<byte> pixels, ReadOnlySpan<byte> palette, bool difference)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        int rowBytes = checked(width * pixelBytes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(pixels.Length, checked(rowBytes * height));

        using var output = new MemoryStream(pixels.Length / 4 + 1024);
        output.Write(Signature);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8;
        header[9] = colourType;
        header[10..].Clear();
        Chunk(output, "IHDR"u8, header);
        if (palette.Length > 0) Chunk(output, "PLTE"u8, palette);

        using var data = new MemoryStream(pixels.Length / 4 + 1024);
        using (var deflate = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true))
        {
            byte[] line = new byte[rowBytes + 1];
            line[0] = difference ? (byte)1 : (byte)0;
            for (int row = 0; row < height; row++)
            {
                var source = pixels.Slice(row * rowBytes, rowBytes);
                source.CopyTo(line.AsSpan(1));
                for (int i = rowBytes - 1; difference && i >= pixelBytes; i--) line[i + 1] = (byte)(source[i] - source[i - pixelBytes]);
                deflate.Write(line);
            }
        }

        Chunk(output, "IDAT"u8, data.GetBuffer().AsSpan(0, (int)data.Length));
        Chunk(output, "IEND"u8, []);
        return output.ToArray();
    }

    private static void Chunk(MemoryStream output, ReadOnlySpan<byte> type, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        output.Write(number);
        output.Write(type);
        output.Write(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Append(Crc32.Compute(type), content));
        output.Write(number);
    }
}
