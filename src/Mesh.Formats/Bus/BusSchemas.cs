using Mesh.Formats.Bus.Dbc;
using Mesh.Formats.Bus.Signals;
using Mesh.Formats.Messages;

namespace Mesh.Formats.Bus;

/// <summary>Names of the encodings that bus messages have.</summary>
internal static class BusSchemas
{
    /// <summary>Schema encoding: DBC text of one message.</summary>
    public const string Dbc = "dbc";

    /// <summary>Message encoding: the payload of a CAN frame.</summary>
    public const string Can = "can";

    /// <summary>Message encoding: the 29-bit identifier as a little-endian 32-bit integer, then the payload of a parameter group, reassembled where it was sent in parts.</summary>
    public const string J1939 = "j1939";

    public static MessageSchema SchemaOf(BusMessage message) => new("dbc/" + message.Name, Dbc, DbcWriter.Write(message));

    /// <exception cref="Mesh.Model.MeshException"><c>MESH10501</c> and following: the schema is not DBC text of one message.</exception>
    public static MessageDecoder CreateDecoder(string messageEncoding, MessageSchema schema, MessageDecoderOptions options)
    {
        var messages = BusDatabase.Parse(schema.Name, schema.Data.Span).Messages;
        if (messages.Count != 1) throw DbcErrors.NotAMessage(schema.Name, $"it holds {messages.Count}");
        if (messages[0].IsJ1939 != (messageEncoding == J1939))
        {
            throw DbcErrors.NotAMessage(schema.Name, $"its frame format does not go with the encoding '{messageEncoding}'");
        }

        return new BusSignalDecoder(messages[0], options);
    }
}
