using System.IO.Compression;

namespace Mesh.Columnar.Compression;

/// <summary>zlib streams: written by the framework, read by <see cref="InflateDecoder"/>.</summary>
internal static unsafe class ManagedDeflate
{
    // The framework writes nothing at all for an empty input.
    private static readonly byte[] Empty = [0x78, 0x9C, 0x03, 0, 0, 0, 0, 1];

    /// <returns>Bytes written, or -1 when the destination is too small.</returns>
    public static int Compress(ReadOnlySpan<byte> source, Span<byte> destination, int level)
    {
        if (source.IsEmpty) return Empty.AsSpan().TryCopyTo(destination) ? Empty.Length : -1;
        fixed (byte* to = destination)
        {
            using var target = new UnmanagedMemoryStream(to, 0, destination.Length, FileAccess.Write);
            try
            {
                using (var stream = new ZLibStream(target, new ZLibCompressionOptions { CompressionLevel = level }, leaveOpen: true)) stream.Write(source);
            }
            catch (NotSupportedException)
            {
                // The target does not grow.
                return -1;
            }

            return (int)target.Position;
        }
    }

    /// <returns>Bytes written, or -1 when the data is unsound or does not fit.</returns>
    public static int Decompress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        int written = InflateDecoder.DecodeZlib(source, destination, out bool isSound);
        return isSound ? written : -1;
    }
}
