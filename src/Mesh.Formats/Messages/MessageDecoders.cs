using Mesh.Formats.Bus;
using Mesh.Formats.Bus.Frames;
using Mesh.Formats.Mdf;
using Mesh.Formats.Messages.FlatBuffers;
using Mesh.Formats.Messages.Idl;
using Mesh.Formats.Messages.Json;
using Mesh.Formats.Messages.Protobuf;
using Mesh.Formats.Messages.Ros;
using Mesh.Formats.Messages.Wire;

namespace Mesh.Formats.Messages;

/// <summary>Makes decoders from schemas.</summary>
public static class MessageDecoders
{
    /// <summary>
    /// The decoder of a channel, by message and schema encoding: <c>cdr</c> with <c>ros2msg</c>, <c>ros2idl</c> or <c>omgidl</c>, <c>ros1</c> with
    /// <c>ros1msg</c>, <c>protobuf</c>, <c>flatbuffer</c>, <c>json</c> with <c>jsonschema</c> or without schema; anything else (and
    /// schemaless channels) becomes one binary column <c>data</c>.
    /// </summary>
    /// <remarks>
    /// Some schemas leave their messages as bytes too: a ROS 2 one without text (recorders write it when the definition was not installed), and
    /// one with what no column can hold or middlewares do not agree on (<c>long double</c>, <c>wchar</c>, tables within themselves).
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
            ("json", "jsonschema") => JsonSchemaPlan.Create(schema!, options) is { } plan ? new JsonDecoder(plan, options) : new JsonTextDecoder(),
            ("json", _) => new JsonTextDecoder(),
            ("flatbuffer", "flatbuffer") => FlatSchema.Create(schema!, options) is { } table ? new FlatDecoder(table, options) : new BytesDecoder(),
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
