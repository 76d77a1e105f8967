using Mesh.Model;

namespace Mesh.Formats;

/// <summary>Recognises recordings by their first bytes.</summary>
public static class RecordingFormats
{
    /// <summary>Opens a recording for reading forward. The reader owns <paramref name="source"/>.</summary>
    /// <exception cref="RecordingFormatException">
    /// <c>MESH10001</c> empty file, <c>MESH10002</c> unknown format: the message says which formats are known and what was found.
    /// </exception>
    public static ValueTask<RecordingReader> OpenAsync(IByteSource source, CancellationToken cancellationToken) => throw new NotSupportedException();
}
