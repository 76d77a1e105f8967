namespace Mesh.Decode.Telemetry;

/// <summary>Names of the headers of a telemetry message (docs/telemetry). Values are UTF-8 text unless they say otherwise.</summary>
public static class TelemetryHeaders
{
    /// <summary><c>protobuf</c>, <c>json</c>, <c>cdr</c>, <c>ros1</c> or <c>can</c>; else taken from <see cref="ContentType"/>.</summary>
    public const string Encoding = "mesh-encoding";

    /// <summary>Media type, where there is no <see cref="Encoding"/>.</summary>
    public const string ContentType = "content-type";

    /// <summary>Channel: the topic's name as a recording would have it. Needed but for <c>can</c>.</summary>
    public const string Channel = "mesh-channel";

    /// <summary>Name of the message type, <c>sensor_msgs/msg/Imu</c> or <c>fleet.Position</c>.</summary>
    public const string Schema = "mesh-schema";

    /// <summary>Encoding of the schema (default: what goes with the message's).</summary>
    public const string SchemaEncoding = "mesh-schema-encoding";

    /// <summary>The schema itself, bytes: a FileDescriptorSet, JSON Schema, or the text of a ROS definition.</summary>
    public const string SchemaData = "mesh-schema-data";

    /// <summary>Id of the schema in the registry, decimal; else that of the value, when it is in Confluent's wire format.</summary>
    public const string SchemaId = "mesh-schema-id";

    /// <summary>When the message was recorded, nanoseconds since 1970, decimal (default: the record's timestamp).</summary>
    public const string LogTime = "mesh-log-time";

    /// <summary>When it was published, likewise (default: the log time).</summary>
    public const string PublishTime = "mesh-publish-time";

    /// <summary>Who sends: with <see cref="Sequence"/> it tells a message sent again.</summary>
    public const string Producer = "mesh-producer";

    /// <summary>The producer's own number of the message, decimal, growing by one; begins anew with a session.</summary>
    public const string Sequence = "mesh-sequence";

    /// <summary>The producer's session (default: empty).</summary>
    public const string Session = "mesh-session";
}
