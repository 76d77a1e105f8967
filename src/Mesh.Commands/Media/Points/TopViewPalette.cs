namespace Mesh.Commands.Media.Points;

/// <summary>Colours of heights: the background, then from low to high away from it in lightness, so that they read without colour too.</summary>
public static class TopViewPalette
{
    // Anchors in sRGB. Light: pale blue ground to dark red; dark: dim blue ground to pale yellow.
    private static readonly byte[] Light = Build((0xFF, 0xFF, 0xFF), [(0x6A, 0x92, 0xCF), (0x2F, 0x7F, 0xB0), (0x1C, 0x79, 0x7A), (0x8A, 0x53, 0x00), (0x7A, 0x12, 0x3C)]);
    private static readonly byte[] Dark = Build((0x17, 0x1E, 0x29), [(0x4F, 0x70, 0xB4), (0x4F, 0x9F, 0xD0), (0x3F, 0xB6, 0xA8), (0xD9, 0xB4, 0x4A), (0xFF, 0xF0, 0xC2)]);

    /// <summary>Red, green and blue of 256 colours; the first is the background.</summary>
    public static ReadOnlySpan<byte> Of(bool isDark) => isDark ? Dark : Light;

    private static byte[] Build((byte R, byte G, byte B) background, (byte R, byte G, byte B)[] anchors)
    {
        byte[] colours = new byte[256 * 3];
        (colours[0], colours[1], colours[2]) = background;
        for (int i = 1; i < 256; i++)
        {
            double place = (i - 1) / 254.0 * (anchors.Length - 1);
            int from = Math.Min((int)place, anchors.Length - 2);
            double share = place - from;
            colours[i * 3] = Mix(anchors[from].R, anchors[from + 1].R, share);
            colours[i * 3 + 1] = Mix(anchors[from].G, anchors[from + 1].G, share);
            colours[i * 3 + 2] = Mix(anchors[from].B, anchors[from + 1].B, share);
        }

        return colours;

        static byte Mix(byte from, byte to, double share) => (byte)Math.Round(from + share * (to - from));
    }
}
