using Mesh.Columnar;

namespace Mesh.Decode;

/// <summary>What became of the messages of one channel and schema: in = rows + dead letters.</summary>
/// <param name="Channel">Topic as recorded.</param>
/// <param name="SchemaName">Message type; empty for schemaless channels.</param>
/// <param name="Columns">Columns of its batches; null when its schema does not parse.</param>
/// <param name="MessagesIn">Messages read.</param>
/// <param name="RowsOut">Rows emitted.</param>
/// <param name="DeadLetters">Messages in dead letters.</param>
/// <param name="TimeBase">Which stamp the sensor's time is: <c>header</c>, <c>publish</c> or <c>log</c>; empty when there was no good message.</param>
public sealed record ChannelCount(
    string Channel, string SchemaName, Schema? Columns, long MessagesIn, long RowsOut, long DeadLetters, string TimeBase);
