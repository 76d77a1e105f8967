namespace Mesh.Columnar.Compression;

/// <summary>zlib streams (RFC 1950) through the system's <c>libdeflate.so.0</c>, else <c>libz.so.1</c>, else managed code.</summary>
public static class Deflate
{
    private static readonly NativeLibdeflate? Libdeflate = NativeLibdeflate.TryLoad();
    private static readonly NativeZlib? Zlib = Libdeflate is null ? NativeZlib.TryLoad() : null;

    /// <summary>Library in use: <c>libdeflate</c>, <c>libz</c> or <c>managed</c>.</summary>
    public static string Library => Libdeflate is not null ? "libdeflate" : Zlib is not null ? "libz" : "managed";

    /// <summary>Largest zlib stream of <paramref name="length"/> bytes.</summary>
    public static int MaxCompressedLength(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);

        // Libraries store what does not shrink, at 5 bytes per block; zlib-ng's fast level alone writes literals of up to 9 bits.
        return checked(length + (length >> 3) + 64);
    }

    /// <summary>Compresses into one zlib stream; returns bytes written.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="destination">At least <see cref="MaxCompressedLength"/> bytes.</param>
    /// <param name="level">1 (fast) to 9 (small).</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too small; <see cref="MaxCompressedLength"/> always suffices.</exception>
    public static int Compress(ReadOnlySpan<byte> source, Span<byte> destination, int level = 6)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(level, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, 9);
        int written = Libdeflate?.Compress(source, destination, level) ?? Zlib?.Compress(source, destination, level) ?? ManagedDeflate.Compress(source, destination, level);
        return written >= 0
            ? written
            : throw new ArgumentException($"{destination.Length} bytes are too few for {source.Length} bytes compressed.", nameof(destination));
    }

    /// <summary>Decompresses one zlib stream; what follows it is not looked at. Never writes beyond <paramref name="destination"/>.</summary>
    /// <returns>Whether the data was sound (checksum included) and fitted; <paramref name="written"/> is then the decompressed length.</returns>
    public static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        int result = Libdeflate?.Decompress(source, destination) ?? Zlib?.Decompress(source, destination) ?? ManagedDeflate.Decompress(source, destination);
        written = Math.Max(result, 0);
        return result >= 0;
    }

    /// <summary>Decompresses as far as a damaged or cut stream allows. Checksums play no part.</summary>
    /// <returns>
    /// Bytes written, all of them from before the damage as far as the format can tell: a flipped bit may go on as plausible nonsense for a
    /// while.
    /// </returns>
    public static int DecompressPrefix(ReadOnlySpan<byte> source, Span<byte> destination) => InflateDecoder.DecodeZlib(source, destination, out _);
}
