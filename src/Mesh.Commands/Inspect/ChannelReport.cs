namespace Mesh.Commands.Inspect;

/// <summary>A channel of a recording.</summary>
/// <param name="Topic">Name as recorded.</param>
/// <param name="Schema">Message type; empty for schemaless channels.</param>
/// <param name="Encoding">Message encoding.</param>
/// <param name="SchemaEncoding">Encoding of the schema; empty for schemaless channels.</param>
/// <param name="Messages">Number of messages; null when the index does not tell.</param>
/// <param name="Bytes">Payload bytes; null when only the index was read.</param>
/// <param name="Hertz">Mean rate; null with fewer than two messages.</param>
public sealed record ChannelReport(string Topic, string Schema, string Encoding, string SchemaEncoding, long? Messages, long? Bytes, double? Hertz);
