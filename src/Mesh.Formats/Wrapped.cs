using Mesh.Model;

namespace Mesh.Formats;

/// <summary>Recordings that are compressed as a whole (<c>.db3.zstd</c>, <c>.bag.gz</c>): decompressed into a temporary file first.</summary>
internal static class Wrapped
{
    /// <summary>Whether the bytes are a compressed stream this can unwrap.</summary>
    public static bool IsWrapped(ReadOnlySpan<byte> head) => false;

    /// <summary>
    /// Decompresses a source into a temporary file that is deleted with the returned source. What is intact of a damaged stream is kept.
    /// </summary>
    /// <param name="source">The compressed file; disposed when done.</param>
    /// <param name="options">Where temporary files go.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static ValueTask<IByteSource> UnwrapAsync(IByteSource source, RecordingReaderOptions options, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
