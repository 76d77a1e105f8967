namespace Mesh.Formats.Messages;

/// <summary>Makes decoders from schemas.</summary>
public static class MessageDecoders
{
    /// <summary>
    /// The decoder of a channel: <c>cdr</c> with <c>ros2msg</c>, <c>protobuf</c> with <c>protobuf</c>; anything else (and schemaless
    /// channels) becomes one binary column <c>data</c>.
    /// </summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH10301</c> and following: the schema does not parse; line and remedy in the message.</exception>
    public static MessageDecoder Create(string messageEncoding, MessageSchema? schema, MessageDecoderOptions? options = null) => throw new NotSupportedException();
}
