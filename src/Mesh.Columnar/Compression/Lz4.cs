namespace Mesh.Columnar.Compression;

/// <summary>
/// LZ4 frames (LZ4 Frame Format 1.6) and raw blocks through the system's <c>liblz4.so.1</c>; decompression falls back to managed code.
/// </summary>
public static class Lz4
{
    /// <summary>Whether the native library was found.</summary>
    public static bool IsNative => throw new NotSupportedException();

    /// <summary>Largest frame of <paramref name="length"/> bytes.</summary>
    public static int MaxFrameLength(int length) => throw new NotSupportedException();

    /// <summary>Compresses into one frame with content size; returns bytes written.</summary>
    public static int CompressFrame(ReadOnlySpan<byte> source, Span<byte> destination) => throw new NotSupportedException();

    /// <summary>Decompresses all frames in <paramref name="source"/>; never writes beyond <paramref name="destination"/>.</summary>
    public static bool TryDecompressFrame(ReadOnlySpan<byte> source, Span<byte> destination, out int written) => throw new NotSupportedException();

    /// <summary>Largest raw block of <paramref name="length"/> bytes.</summary>
    public static int MaxBlockLength(int length) => throw new NotSupportedException();

    /// <summary>Compresses into a raw block; returns bytes written.</summary>
    public static int CompressBlock(ReadOnlySpan<byte> source, Span<byte> destination) => throw new NotSupportedException();

    /// <summary>Decompresses a raw block of exactly <paramref name="destination"/>'s length.</summary>
    public static bool TryDecompressBlock(ReadOnlySpan<byte> source, Span<byte> destination) => throw new NotSupportedException();
}
