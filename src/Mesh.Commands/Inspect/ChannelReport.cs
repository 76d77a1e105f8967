namespace Mesh.Commands.Inspect;

/// <summary>A channel of a recording.</summary>
/// <param name="Topic">Name as recorded.</param>
/// <param name="Schema">Message type; empty for schemaless channels.</param>
/// <param name="Encoding">Message encoding.</param>
/// <param name="Messages">Number of messages.</param>
/// <param name="Bytes">Payload bytes.</param>
/// <param name="Hertz">Mean rate; null with fewer than two messages.</param>
public sealed record ChannelReport(string Topic, string Schema, string Encoding, long Messages, long Bytes, double? Hertz);
