namespace Mesh.Formats;

/// <summary>A stream of messages within a recording.</summary>
/// <param name="Index">Position in <see cref="RecordingReader.Channels"/>; what <see cref="MessageRef.ChannelIndex"/> refers to.</param>
/// <param name="Topic">Name as recorded. Several channels may share one.</param>
/// <param name="MessageEncoding">Encoding of the payloads: <c>cdr</c>, <c>protobuf</c>, <c>json</c> ...; may be empty.</param>
/// <param name="Schema">Schema of the payloads; null for schemaless channels.</param>
/// <param name="Metadata">Key-value pairs as recorded.</param>
public sealed record RecordingChannel(
    int Index, string Topic, string MessageEncoding, MessageSchema? Schema, IReadOnlyDictionary<string, string> Metadata);
