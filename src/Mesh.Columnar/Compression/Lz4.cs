using Mesh.Model;

namespace Mesh.Columnar.Compression;

/// <summary>
/// LZ4 frames (LZ4 Frame Format 1.6) and raw blocks through the system's <c>liblz4.so.1</c>; decompression falls back to managed code.
/// </summary>
public static class Lz4
{
    private static readonly NativeLz4? Native = NativeLz4.TryLoad();

    /// <summary>Whether the native library was found.</summary>
    public static bool IsNative => Native is not null;

    /// <summary>Largest frame of <paramref name="length"/> bytes.</summary>
    public static int MaxFrameLength(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);

        // An incompressible block is stored: header (19), then per block of at least 64 KiB its size and checksum, then end mark and checksum.
        return checked(length + (8 * ((length >> 16) + 1)) + 32);
    }

    /// <summary>Compresses into one frame with content size; returns bytes written.</summary>
    /// <exception cref="MeshException"><c>MESH10802</c>: the library is absent; the message names the package.</exception>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too small; <see cref="MaxFrameLength"/> always suffices.</exception>
    public static int CompressFrame(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        int written = Require(Native).CompressFrame(source, destination);
        return written >= 0 ? written : throw TooSmall(source, destination);
    }

    /// <summary>
    /// Compresses into one frame of independent blocks, with content checksum and without content size: the only kind that ROS 1 reads.
    /// Returns bytes written.
    /// </summary>
    /// <exception cref="MeshException"><c>MESH10802</c>: the library is absent; the message names the package.</exception>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too small; <see cref="MaxFrameLength"/> always suffices.</exception>
    public static int CompressIndependentFrame(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        int written = Require(Native).CompressFrame(source, destination, areIndependent: true);
        return written >= 0 ? written : throw TooSmall(source, destination);
    }

    /// <summary>
    /// Decompresses all frames in <paramref name="source"/> (skippable ones skipped); never writes beyond <paramref name="destination"/>.
    /// </summary>
    /// <returns>Whether the data was sound, complete and fitted; <paramref name="written"/> is then the decompressed length.</returns>
    public static bool TryDecompressFrame(ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        bool sound = Native is null
            ? Lz4Decoder.TryDecompressFrames(source, destination, out written)
            : Native.TryDecompressFrames(source, destination, out written);
        if (!sound) written = 0;
        return sound;
    }

    /// <summary>
    /// Decompresses frames as far as damaged or cut data allows, to the last whole sequence of the block it breaks off in. A checksum of the
    /// content plays no part; one of a block decides over that block.
    /// </summary>
    /// <returns>
    /// Bytes written, all of them from before the damage as far as the format can tell: a flipped bit may go on as plausible nonsense for a
    /// while.
    /// </returns>
    public static int DecompressFramePrefix(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        // The library gives whole blocks, of up to 4 MiB, or nothing; the speed of salvage does not matter.
        Lz4Decoder.TryDecompressFrames(source, destination, out int written);
        return written;
    }

    /// <summary>Largest raw block of <paramref name="length"/> bytes.</summary>
    public static int MaxBlockLength(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);

        // lz4.h, LZ4_COMPRESSBOUND.
        return checked(length + (length / 255) + 16);
    }

    /// <summary>Compresses into a raw block; returns bytes written.</summary>
    /// <exception cref="MeshException"><c>MESH10802</c>: the library is absent; the message names the package.</exception>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too small; <see cref="MaxBlockLength"/> always suffices.</exception>
    public static int CompressBlock(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        int written = Require(Native).CompressBlock(source, destination);
        return written > 0 ? written : throw TooSmall(source, destination);
    }

    /// <summary>Decompresses a raw block of exactly <paramref name="destination"/>'s length.</summary>
    public static bool TryDecompressBlock(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        int written = Native?.DecompressBlock(source, destination) ?? Lz4Decoder.DecompressBlock(source, destination);
        return written == destination.Length;
    }

    internal static NativeLz4 Require(NativeLz4? native) => native ?? throw new MeshException(
        "MESH10802",
        "Compressing with lz4 needs liblz4.so.1, which was not found. Install the package liblz4-1 (Debian, Ubuntu) or lz4-libs (Fedora), "
        + "or choose another compression.");

    private static ArgumentException TooSmall(ReadOnlySpan<byte> source, Span<byte> destination) =>
        new($"{destination.Length} bytes are too few for {source.Length} bytes compressed.", nameof(destination));
}
