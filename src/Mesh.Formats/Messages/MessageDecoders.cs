using Mesh.Formats.Bus;
using Mesh.Formats.Bus.Frames;
using Mesh.Formats.Mdf;
using Mesh.Formats.Messages.Idl;
using Mesh.Formats.Messages.Protobuf;
using Mesh.Formats.Messages.Ros;
using Mesh.Formats.Messages.Wire;

namespace Mesh.Formats.Messages;

/// <summary>Makes decoders from schemas.</summary>
public static class MessageDecoders
{
    /// <summary>
    /// The decoder of a channel: <c>cdr</c> with <c>ros2msg</c>, <c>protobuf</c> with <c>protobuf</c>; anything else (and schemaless
    /// channels) becomes one binary column <c>data</c>.
    /// </summary>
    /// <remarks>
    /// Some ROS 2 schemas stay bytes too: one without text (recorders write it when the definition was not installed), one with a
    /// <c>wstring</c>, which middlewares lay out differently, and a service's (rosbag2 writes it for service events), which is not the
    /// definition of the message recorded.
    /// </remarks>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH10301</c> and following: the schema does not parse; line and remedy in the message.</exception>
    public static MessageDecoder Create(string messageEncoding, MessageSchema? schema, MessageDecoderOptions? options = null)
    {
        options ??= new MessageDecoderOptions();
        return (messageEncoding, schema?.Encoding) switch
        {
            ("ros1", "ros1msg") => CreateRos(RosMessageParser.Parse(schema!.Name, schema.Data.Span, isRos1: true), options),
            ("cdr", "ros2msg") => CreateCdr(schema!, options),
            ("cdr", "ros2idl" or "omgidl") => CreateIdl(schema!, options),
            (MdfRecordLayout.MessageEncoding, MdfRecordLayout.SchemaEncoding) => MdfRecordDecoder.Create(schema!, options),
            (BusFrameSchemas.Encoding, BusFrameSchemas.Encoding) => new BusFrameDecoder(schema!),
            (BusSchemas.Can or BusSchemas.J1939, BusSchemas.Dbc) => BusSchemas.CreateDecoder(messageEncoding, schema!, options),
            ("protobuf", "protobuf") => new ProtobufDecoder(ProtobufPlan.Create(schema!, options), options),
            _ => new BytesDecoder(),
        };
    }

    private static MessageDecoder CreateCdr(MessageSchema schema, MessageDecoderOptions options)
    {
        bool isEmptyType = schema.Name.EndsWith("/Empty", StringComparison.Ordinal);
        var text = schema.Data.Span;
        if (!isEmptyType && text.IndexOfAnyExcept(" \t\r\n"u8) < 0) return new BytesDecoder();
        if (RosMessageParser.IsService(text)) return RosServices.TryParseEvent(schema.Name, text, out var @event) ? CreateRos(@event, options) : new BytesDecoder();
        return CreateRos(RosMessageParser.Parse(schema.Name, text), options);
    }

    private static MessageDecoder CreateIdl(MessageSchema schema, MessageDecoderOptions options)
    {
        if (schema.Data.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0) return new BytesDecoder();
        var types = IdlTypes.Parse(schema, options);
        var root = types.Root();
        var plan = WirePlan.Create(schema.Name, root, options, dropsEmptyStructs: false);
        return types.HasUnsupported ? new BytesDecoder() : new WireDecoder(plan, isRos1: false, IdlTypes.StampOf(root), options);
    }

    private static MessageDecoder CreateRos(RosDefinitions definitions, MessageDecoderOptions options)
    {
        var plan = WirePlan.Create(definitions.SchemaName, new RosTypes(definitions).Of(definitions.Root), options, dropsEmptyStructs: definitions.IsRos1);
        return plan.HasEmptyStruct ? new BytesDecoder() : new WireDecoder(plan, definitions.IsRos1, RosTypes.StampOf(definitions), options);
    }
}
