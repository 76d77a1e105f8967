namespace Mesh.Commands.Media.Images;

/// <summary>A picture in memory: grey or red, green and blue, a byte each.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Channels">1 for grey, 3 for colour.</param>
/// <param name="Pixels">Row by row, without padding.</param>
public sealed record PixelImage(int Width, int Height, int Channels, byte[] Pixels)
{
    /// <summary>The picture at most so wide; each pixel is the mean of the whole box it stands for. A narrower one stays as it is.</summary>
    public PixelImage ShrinkTo(int maxWidth)
    {
        if (Width <= maxWidth) return this;
        int width = maxWidth, height = Math.Max(1, (int)((long)Height * maxWidth / Width));
        byte[] small = new byte[width * height * Channels];
        for (int y = 0; y < height; y++)
        {
            int top = (int)((long)y * Height / height), bottom = (int)((y + 1L) * Height / height);
            for (int x = 0; x < width; x++)
            {
                int left = (int)((long)x * Width / width), right = (int)((x + 1L) * Width / width);
                int count = (bottom - top) * (right - left);
                for (int channel = 0; channel < Channels; channel++)
                {
                    long sum = 0;
                    for (int row = top; row < bottom; row++)
                    {
                        int at = (row * Width + left) * Channels + channel;
                        for (int column = left; column < right; column++, at += Channels) sum += Pixels[at];
                    }

                    small[(y * width + x) * Channels + channel] = (byte)((sum + count / 2) / count);
                }
            }
        }

        return new PixelImage(width, height, Channels, small);
    }

    /// <summary>The picture as PNG.</summary>
    public byte[] ToPng() => Channels == 1 ? PngWriter.WriteGrey(Width, Height, Pixels) : PngWriter.WriteRgb(Width, Height, Pixels);
}
