using Mesh.Columnar;

namespace Mesh.Formats.Messages;

/// <summary>Turns the payloads of one schema into columns. One virtual call per message, none per value.</summary>
public abstract class MessageDecoder
{
    /// <summary>The message's fields as columns, without the table's system columns.</summary>
    public abstract StructType Type { get; }

    /// <summary>
    /// Appends exactly one value to each child of <paramref name="row"/>. Does not end the struct: the caller adds its own columns first.
    /// </summary>
    /// <param name="message">The payload.</param>
    /// <param name="row">Builders of <see cref="Type"/>'s fields, in order.</param>
    /// <exception cref="MessageFormatException">
    /// The payload does not match the schema. The children may then hold parts of the message: the caller truncates them.
    /// </exception>
    public abstract void Decode(ReadOnlySpan<byte> message, ReadOnlySpan<ColumnBuilder> row);

    /// <summary>
    /// Reads the sensor's own time stamp: of <c>std_msgs/Header</c> or <c>builtin_interfaces/Time</c> at the head of a ROS message,
    /// of a <c>google.protobuf.Timestamp</c> field named <c>timestamp</c> or <c>stamp</c>.
    /// </summary>
    /// <returns>False when the schema has none or the payload is too short for it.</returns>
    public virtual bool TryReadStampNs(ReadOnlySpan<byte> message, out long stampNs)
    {
        stampNs = 0;
        return false;
    }
}
