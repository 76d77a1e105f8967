namespace Mesh.Upload;

/// <summary>What the server said about an upload.</summary>
/// <param name="Result">Accepted, duplicate or refused.</param>
/// <param name="IngestId">Identity of the recording; null when refused.</param>
/// <param name="Code">Code of a refusal.</param>
/// <param name="Reason">Why it was refused, or what it is a duplicate of.</param>
/// <param name="SentBytes">Bytes that went over the wire for it, in all attempts.</param>
public sealed record UploadAnswer(UploadResult Result, string? IngestId, string? Code, string? Reason, long SentBytes);
