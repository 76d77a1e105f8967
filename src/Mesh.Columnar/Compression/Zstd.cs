namespace Mesh.Columnar.Compression;

/// <summary>
/// Zstandard frames through the system's <c>libzstd.so.1</c>; decompression falls back to managed code where the library is absent.
/// </summary>
public static class Zstd
{
    /// <summary>Whether the native library was found.</summary>
    public static bool IsNative => throw new NotSupportedException();

    /// <summary>Largest compressed size of <paramref name="length"/> bytes.</summary>
    public static int MaxCompressedLength(int length) => throw new NotSupportedException();

    /// <summary>Compresses into one frame with content size; returns bytes written.</summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH10801</c>: the library is absent; the message names the package.</exception>
    public static int Compress(ReadOnlySpan<byte> source, Span<byte> destination, int level = 1) => throw new NotSupportedException();

    /// <summary>
    /// Decompresses all frames in <paramref name="source"/> (skippable ones skipped). Never writes beyond <paramref name="destination"/>.
    /// </summary>
    /// <returns>Whether the data was sound and fitted; <paramref name="written"/> is then the decompressed length.</returns>
    public static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination, out int written) => throw new NotSupportedException();
}
