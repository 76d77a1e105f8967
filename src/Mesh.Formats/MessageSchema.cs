namespace Mesh.Formats;

/// <summary>Schema of a channel's payloads as recorded.</summary>
/// <param name="Name">Name of the message type, for example <c>sensor_msgs/msg/Imu</c>.</param>
/// <param name="Encoding">Encoding of <paramref name="Data"/>: <c>ros2msg</c>, <c>protobuf</c> (a FileDescriptorSet) ...</param>
/// <param name="Data">The schema itself.</param>
public sealed record MessageSchema(string Name, string Encoding, ReadOnlyMemory<byte> Data)
{
    /// <summary>Whether two schemas are equal by content.</summary>
    public static bool AreSame(MessageSchema? one, MessageSchema? other) =>
        one is null || other is null
            ? ReferenceEquals(one, other)
            : one.Name == other.Name && one.Encoding == other.Encoding && one.Data.Span.SequenceEqual(other.Data.Span);
}
