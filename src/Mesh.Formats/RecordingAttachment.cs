namespace Mesh.Formats;

/// <summary>A file kept in a recording. Its bytes come from <see cref="RecordingReader.OpenAttachmentAsync"/>.</summary>
/// <param name="Name">File name as recorded; never to be used as a path unchecked.</param>
/// <param name="MediaType">Media type; may be empty.</param>
/// <param name="LogTimeNs">When it was recorded, nanoseconds since 1970; 0 when unknown.</param>
/// <param name="CreateTimeNs">When it was made, nanoseconds since 1970; 0 when unknown.</param>
/// <param name="Bytes">Its length, decompressed.</param>
/// <param name="Position">Where the reader finds it again: a byte position in the recording.</param>
public sealed record RecordingAttachment(string Name, string MediaType, ulong LogTimeNs, ulong CreateTimeNs, long Bytes, long Position)
{
    /// <summary>Free text; empty when there is none.</summary>
    public string Comment { get; init; } = "";
}
