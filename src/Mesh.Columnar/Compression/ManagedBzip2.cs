using ICSharpCode.SharpZipLib.BZip2;

namespace Mesh.Columnar.Compression;

/// <summary>bzip2 streams through SharpZipLib.</summary>
internal static unsafe class ManagedBzip2
{
    /// <returns>Bytes written, or -1 when the destination is too small.</returns>
    public static int Compress(ReadOnlySpan<byte> source, Span<byte> destination, int level)
    {
        using var target = new MemoryStream();
        using (var stream = new BZip2OutputStream(target, level) { IsStreamOwner = false }) stream.Write(source);
        if (target.Length > destination.Length) return -1;
        target.GetBuffer().AsSpan(0, (int)target.Length).CopyTo(destination);
        return (int)target.Length;
    }

    /// <returns>Bytes written, or -1 when the data is unsound or does not fit.</returns>
    public static int Decompress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        // The stream takes anything without a header for an empty one.
        if (source.Length < 4 || !source.StartsWith("BZh"u8) || source[3] is < (byte)'1' or > (byte)'9') return -1;
        fixed (byte* from = source)
        {
            try
            {
                using var stream = new BZip2InputStream(new UnmanagedMemoryStream(from, source.Length));
                int written = stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
                return written < destination.Length || stream.ReadByte() < 0 ? written : -1;
            }
            catch (Exception exception) when (exception is BZip2Exception or EndOfStreamException or IndexOutOfRangeException)
            {
                // Damaged tables reach beyond its arrays before it notices.
                return -1;
            }
        }
    }
}
