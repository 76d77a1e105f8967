namespace Mesh.Commands.Media.Video;

/// <summary>Finds key frames of H.264 and H.265 by their network abstraction units (Annex B of ITU-T H.264 and H.265); nothing is decoded.</summary>
public static class KeyFrames
{
    /// <summary>Whether a piece of video begins a picture that needs no other: an IDR picture of H.264, an IRAP picture of H.265.</summary>
    /// <param name="bytes">The piece, units separated by start codes.</param>
    /// <param name="isHevc">H.265 instead of H.264.</param>
    public static bool IsKey(ReadOnlySpan<byte> bytes, bool isHevc)
    {
        while (true)
        {
            int start = bytes.IndexOf((ReadOnlySpan<byte>)[0, 0, 1]);
            if (start < 0 || start + 3 >= bytes.Length) return false;
            byte header = bytes[start + 3];
            if (isHevc ? (header >> 1 & 0x3F) is >= 16 and <= 21 : (header & 0x1F) == 5) return true;
            bytes = bytes[(start + 3)..];
        }
    }
}
