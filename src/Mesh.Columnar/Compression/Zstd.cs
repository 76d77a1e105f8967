using Mesh.Model;

namespace Mesh.Columnar.Compression;

/// <summary>
/// Zstandard frames (RFC 8878) through the system's <c>libzstd.so.1</c>; decompression falls back to managed code where the library is
/// absent.
/// </summary>
public static class Zstd
{
    private static readonly NativeZstd? Native = NativeZstd.TryLoad();

    /// <summary>Whether the native library was found.</summary>
    public static bool IsNative => Native is not null;

    /// <summary>Largest compressed size of <paramref name="length"/> bytes.</summary>
    public static int MaxCompressedLength(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);

        // zstd.h, ZSTD_COMPRESSBOUND.
        return checked(length + (length >> 8) + (length < (128 << 10) ? ((128 << 10) - length) >> 11 : 0));
    }

    /// <summary>Compresses into one frame with content size; returns bytes written.</summary>
    /// <exception cref="MeshException"><c>MESH10801</c>: the library is absent; the message names the package.</exception>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too small; <see cref="MaxCompressedLength"/> always suffices.</exception>
    public static int Compress(ReadOnlySpan<byte> source, Span<byte> destination, int level = 1) => Compress(Native, source, destination, level);

    /// <summary>
    /// Decompresses all frames in <paramref name="source"/> (skippable ones skipped). Never writes beyond <paramref name="destination"/>.
    /// Frames that need a dictionary are refused.
    /// </summary>
    /// <returns>Whether the data was sound and fitted; <paramref name="written"/> is then the decompressed length.</returns>
    public static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        written = 0;
        if (source.IsEmpty) return true;
        if (Native is null)
        {
            bool sound = ZstdDecoder.TryDecompress(source, destination, out written);
            if (!sound) written = 0;
            return sound;
        }

        int result = Native.Decompress(source, destination);
        written = Math.Max(result, 0);
        return result >= 0;
    }

    /// <summary>Decompresses as far as damaged or cut data allows. Checksums play no part.</summary>
    /// <returns>
    /// Bytes written: the whole blocks (of up to 128 KiB) before the first that is cut off or unsound. Damage that leaves a block plausible
    /// cannot be told.
    /// </returns>
    public static int DecompressPrefix(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        // The library gives the same blocks; the speed of salvage does not matter.
        ZstdDecoder.TryDecompress(source, destination, out int written);
        return written;
    }

    internal static int Compress(NativeZstd? native, ReadOnlySpan<byte> source, Span<byte> destination, int level)
    {
        if (native is null)
        {
            throw new MeshException(
                "MESH10801",
                "Compressing with zstd needs libzstd.so.1, which was not found. Install the package libzstd1 (Debian, Ubuntu) or libzstd (Fedora), "
                + "or choose another compression.");
        }

        int written = native.Compress(source, destination, level);
        return written >= 0
            ? written
            : throw new ArgumentException($"{destination.Length} bytes are too few for {source.Length} bytes compressed.", nameof(destination));
    }
}
