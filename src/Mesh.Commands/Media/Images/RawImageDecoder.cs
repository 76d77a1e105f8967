using System.Buffers.Binary;
using Mesh.Model;

namespace Mesh.Commands.Media.Images;

/// <summary>Turns raw pixels into a picture that every browser shows.</summary>
public static class RawImageDecoder
{
    private delegate void RowDecoder(ReadOnlySpan<byte> row, Span<byte> pixels, int width);

    /// <summary>Encodings that are read, as an error names them.</summary>
    public const string Supported = "rgb8, bgr8, rgba8, bgra8, mono8, 8UC1, 8UC3, mono16, 16UC1, 32FC1, yuv422 (uyvy), yuv422_yuy2 (yuyv), bayer_rggb8, bayer_bggr8, bayer_gbrg8, bayer_grbg8";

    /// <summary>The picture. Depth (16UC1, mono16, 32FC1) is stretched from its smallest to its largest value, zeros and NaN left out; a Bayer mosaic gives a pixel per square of four.</summary>
    /// <param name="image">Claims and data.</param>
    /// <param name="maxPixels">Most pixels accepted.</param>
    /// <exception cref="MeshException"><c>MESH13310</c>: the claims do not fit the data, or are too large. <c>MESH13311</c>: the encoding is not known.</exception>
    public static PixelImage Decode(RawImage image, long maxPixels)
    {
        string encoding = image.Encoding.ToLowerInvariant();
        int pixelBytes = encoding switch
        {
            "mono8" or "8uc1" or "bayer_rggb8" or "bayer_bggr8" or "bayer_gbrg8" or "bayer_grbg8" => 1,
            "mono16" or "16uc1" or "yuv422" or "uyvy" or "yuv422_yuy2" or "yuyv" or "yuv422_uyvy" => 2,
            "rgb8" or "bgr8" or "8uc3" => 3,
            "rgba8" or "bgra8" or "32fc1" => 4,
            _ => throw new MeshException("MESH13311", $"Images of the encoding '{Short(image.Encoding)}' cannot be shown; these can: {Supported}. `mesh cat` prints the message."),
        };

        // Checked before anything is allocated: the numbers are the sender's.
        if (image.Width is < 1 or > 1 << 20 || image.Height is < 1 or > 1 << 20 || image.Width * image.Height > maxPixels) throw Refuse(image, $"at most {maxPixels:N0} pixels are shown");
        long rowBytes = image.Width * pixelBytes, step = image.Step == 0 ? rowBytes : image.Step;
        if (step < rowBytes || step > int.MaxValue) throw Refuse(image, $"a row of {image.Width:N0} pixels takes {rowBytes:N0} bytes, but a row begins every {step:N0}");
        if (step * (image.Height - 1) + rowBytes > image.Data.Length) throw Refuse(image, $"that takes {step * (image.Height - 1) + rowBytes:N0} bytes, but there are {image.Data.Length:N0}");

        int width = (int)image.Width, height = (int)image.Height;
        var rows = new Rows(image.Data, (int)step, (int)rowBytes);
        return encoding switch
        {
            "mono8" or "8uc1" => ByRow(rows, width, height, 1, static (row, pixels, _) => row.CopyTo(pixels)),
            "rgb8" => ByRow(rows, width, height, 3, static (row, pixels, _) => row.CopyTo(pixels)),
            "bgr8" or "8uc3" => ByRow(rows, width, height, 3, static (row, pixels, count) => Swizzle(row, pixels, count, 3, 2, 0)),
            "rgba8" => ByRow(rows, width, height, 3, static (row, pixels, count) => Swizzle(row, pixels, count, 4, 0, 2)),
            "bgra8" => ByRow(rows, width, height, 3, static (row, pixels, count) => Swizzle(row, pixels, count, 4, 2, 0)),
            "yuv422" or "uyvy" or "yuv422_uyvy" => ByRow(rows, width, height, 3, static (row, pixels, count) => FromYuv(row, pixels, count, luma: 1)),
            "yuv422_yuy2" or "yuyv" => ByRow(rows, width, height, 3, static (row, pixels, count) => FromYuv(row, pixels, count, luma: 0)),
            "mono16" or "16uc1" or "32fc1" => FromDepth(rows, width, height, encoding == "32fc1", image.IsBigEndian),
            _ => FromBayer(rows, width, height, encoding),
        };
    }

    private static PixelImage ByRow(Rows rows, int width, int height, int channels, RowDecoder decode)
    {
        byte[] pixels = new byte[width * height * channels];
        for (int row = 0; row < height; row++) decode(rows[row], pixels.AsSpan(row * width * channels, width * channels), width);
        return new PixelImage(width, height, channels, pixels);
    }

    private static void Swizzle(ReadOnlySpan<byte> row, Span<byte> pixels, int count, int stride, int red, int blue)
    {
        for (int i = 0, from = 0, to = 0; i < count; i++, from += stride, to += 3)
        {
            pixels[to] = row[from + red];
            pixels[to + 1] = row[from + 1];
            pixels[to + 2] = row[from + blue];
        }
    }

    /// <summary>BT.601, full swing of chroma, luma from 16 to 235: what cameras with these encodings send. Two pixels share a chroma pair.</summary>
    private static void FromYuv(ReadOnlySpan<byte> row, Span<byte> pixels, int count, int luma)
    {
        for (int i = 0; i < count; i++)
        {
            int pair = (i & ~1) * 2;
            // The last pixel of an odd width has no partner, and its second chroma value may be missing.
            int u = row[pair + 1 - luma] - 128, v = pair + 3 - luma < row.Length ? row[pair + 3 - luma] - 128 : 0, y = 298 * (row[i * 2 + luma] - 16);
            pixels[i * 3] = Clamp(y + 409 * v);
            pixels[i * 3 + 1] = Clamp(y - 100 * u - 208 * v);
            pixels[i * 3 + 2] = Clamp(y + 516 * u);
        }

        static byte Clamp(int value) => (byte)Math.Clamp((value + 128) >> 8, 0, 255);
    }

    private static PixelImage FromDepth(Rows rows, int width, int height, bool isFloat, bool isBigEndian)
    {
        float low = float.MaxValue, high = float.MinValue;
        for (int row = 0; row < height; row++)
        {
            for (int x = 0; x < width; x++)
            {
                float value = ValueAt(rows[row], x, isFloat, isBigEndian);
                if (!float.IsFinite(value) || value == 0) continue;
                low = Math.Min(low, value);
                high = Math.Max(high, value);
            }
        }

        byte[] pixels = new byte[width * height];
        double scale = high > low ? 254.0 / ((double)high - low) : 0;
        for (int row = 0; row < height; row++)
        {
            for (int x = 0; x < width; x++)
            {
                float value = ValueAt(rows[row], x, isFloat, isBigEndian);
                // Black is left for what has no depth.
                if (float.IsFinite(value) && value != 0) pixels[row * width + x] = (byte)(1 + (scale == 0 ? 254 : Math.Round(((double)value - low) * scale)));
            }
        }

        return new PixelImage(width, height, 1, pixels);
    }

    private static float ValueAt(ReadOnlySpan<byte> row, int x, bool isFloat, bool isBigEndian) => (isFloat, isBigEndian) switch
    {
        (false, false) => BinaryPrimitives.ReadUInt16LittleEndian(row[(x * 2)..]),
        (false, true) => BinaryPrimitives.ReadUInt16BigEndian(row[(x * 2)..]),
        (true, false) => BinaryPrimitives.ReadSingleLittleEndian(row[(x * 4)..]),
        _ => BinaryPrimitives.ReadSingleBigEndian(row[(x * 4)..]),
    };

    private static PixelImage FromBayer(Rows rows, int width, int height, string encoding)
    {
        // Place of red within the square, row by row; blue is across, the other two are green.
        int red = encoding switch { "bayer_rggb8" => 0, "bayer_grbg8" => 1, "bayer_gbrg8" => 2, _ => 3 };
        int halfWidth = Math.Max(1, width / 2), halfHeight = Math.Max(1, height / 2);
        byte[] pixels = new byte[halfWidth * halfHeight * 3];
        Span<byte> square = stackalloc byte[4];
        for (int y = 0; y < halfHeight; y++)
        {
            ReadOnlySpan<byte> upper = rows[Math.Min(2 * y, height - 1)], lower = rows[Math.Min(2 * y + 1, height - 1)];
            for (int x = 0; x < halfWidth; x++)
            {
                int left = Math.Min(2 * x, width - 1), right = Math.Min(2 * x + 1, width - 1);
                square[0] = upper[left];
                square[1] = upper[right];
                square[2] = lower[left];
                square[3] = lower[right];
                int at = (y * halfWidth + x) * 3;
                pixels[at] = square[red];
                pixels[at + 1] = (byte)((square[red ^ 1] + square[red ^ 2] + 1) / 2);
                pixels[at + 2] = square[red ^ 3];
            }
        }

        return new PixelImage(halfWidth, halfHeight, 3, pixels);
    }

    private static MeshException Refuse(RawImage image, string why) =>
        new("MESH13310", $"The image says it has {image.Width:N0} × {image.Height:N0} pixels of {Short(image.Encoding)}, which cannot be: {why}. The message is damaged or hostile; `mesh cat` prints it.");

    private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";

    private readonly struct Rows(ReadOnlyMemory<byte> data, int step, int rowBytes)
    {
        public ReadOnlySpan<byte> this[int row] => data.Span.Slice(row * step, rowBytes);
    }
}
