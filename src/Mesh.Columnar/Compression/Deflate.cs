namespace Mesh.Columnar.Compression;

/// <summary>
/// zlib streams (RFC 1950) and raw deflate (RFC 1951) through the system's <c>libdeflate.so.0</c>, else <c>libz.so.1</c>, else the framework's own inflater.
/// </summary>
public static class Deflate
{
    /// <summary>Library in use: <c>libdeflate</c>, <c>libz</c> or <c>managed</c>.</summary>
    public static string Library => throw new NotSupportedException();

    /// <summary>Largest zlib stream of <paramref name="length"/> bytes.</summary>
    public static int MaxCompressedLength(int length) => throw new NotSupportedException();

    /// <summary>Compresses into one zlib stream; returns bytes written.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="destination">At least <see cref="MaxCompressedLength"/> bytes.</param>
    /// <param name="level">1 (fast) to 9 (small).</param>
    public static int Compress(ReadOnlySpan<byte> source, Span<byte> destination, int level = 6) => throw new NotSupportedException();

    /// <summary>Decompresses one zlib stream. Never writes beyond <paramref name="destination"/>.</summary>
    /// <returns>Whether the data was sound (checksum included) and fitted; <paramref name="written"/> is then the decompressed length.</returns>
    public static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination, out int written) => throw new NotSupportedException();

    /// <summary>Decompresses as far as a damaged or cut stream allows. Checksums play no part.</summary>
    /// <returns>Bytes written, all of them from before the damage as far as the format can tell.</returns>
    public static int DecompressPrefix(ReadOnlySpan<byte> source, Span<byte> destination) => throw new NotSupportedException();
}
