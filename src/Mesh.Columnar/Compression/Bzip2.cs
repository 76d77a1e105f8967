namespace Mesh.Columnar.Compression;

/// <summary>bzip2 streams through the system's <c>libbz2.so.1.0</c>, else SharpZipLib.</summary>
public static class Bzip2
{
    /// <summary>Library in use: <c>libbz2</c> or <c>managed</c>.</summary>
    public static string Library => throw new NotSupportedException();

    /// <summary>Largest stream of <paramref name="length"/> bytes.</summary>
    public static int MaxCompressedLength(int length) => throw new NotSupportedException();

    /// <summary>Compresses into one stream; returns bytes written.</summary>
    public static int Compress(ReadOnlySpan<byte> source, Span<byte> destination, int level = 9) => throw new NotSupportedException();

    /// <summary>Decompresses one stream. Never writes beyond <paramref name="destination"/>.</summary>
    /// <returns>Whether the data was sound and fitted; <paramref name="written"/> is then the decompressed length.</returns>
    public static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination, out int written) => throw new NotSupportedException();

    /// <summary>Decompresses as far as a damaged or cut stream allows.</summary>
    /// <returns>Bytes written: whole sound blocks.</returns>
    public static int DecompressPrefix(ReadOnlySpan<byte> source, Span<byte> destination) => throw new NotSupportedException();
}
