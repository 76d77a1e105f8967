namespace Mesh.Commands.Recordings;

/// <summary>A file written.</summary>
/// <param name="File">Its path.</param>
/// <param name="Messages">Messages or rows in it.</param>
/// <param name="Bytes">Its size.</param>
public sealed record OutputReport(string File, long Messages, long Bytes);
