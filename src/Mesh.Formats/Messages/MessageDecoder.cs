using Mesh.Columnar;

namespace Mesh.Formats.Messages;

/// <summary>Turns the payloads of one schema into columns. One virtual call per message, none per value.</summary>
public abstract class MessageDecoder
{
    /// <summary>The message's fields as columns, without the table's system columns.</summary>
    public abstract StructType Type { get; }

    /// <summary>Columns that hold nothing because of what the schema says of them, a sentence each; empty for a sound schema.</summary>
    public virtual IReadOnlyList<string> Problems => [];

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
    /// Decodes a run of messages of this schema: one row each, as <see cref="Decode"/> does, but with the work per message and value that a run
    /// allows to share. Columns hold whole rows only when this returns.
    /// </summary>
    /// <param name="data">The bytes that the references count in.</param>
    /// <param name="run">The messages.</param>
    /// <param name="row">Builders of <see cref="Type"/>'s fields, in order.</param>
    /// <param name="failure">Why the message at the returned index does not decode; null when all did.</param>
    /// <returns>Rows appended.</returns>
    public virtual int DecodeRun(ReadOnlySpan<byte> data, ReadOnlySpan<MessageRef> run, ReadOnlySpan<ColumnBuilder> row, out MessageFormatException? failure)
    {
        int before = row.IsEmpty ? 0 : row[0].Length;
        for (int i = 0; i < run.Length; i++)
        {
            try
            {
                Decode(data.Slice(run[i].Offset, run[i].Length), row);
            }
            catch (MessageFormatException exception)
            {
                foreach (var column in row) column.Truncate(before + i);
                failure = exception;
                return i;
            }
        }

        failure = null;
        return run.Length;
    }

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
