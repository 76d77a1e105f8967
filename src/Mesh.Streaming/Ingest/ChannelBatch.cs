using Mesh.Columnar;

namespace Mesh.Streaming.Ingest;

/// <summary>
/// Decoded messages of one channel, in recorded order: what decode hands to synchronise and partition.
/// </summary>
/// <param name="Channel">Topic as recorded.</param>
/// <param name="SchemaName">Message type.</param>
/// <param name="Batch">System columns (<see cref="SystemColumns"/>), then the message's fields.</param>
/// <param name="SensorTimeNs">Per row the time the sensor's value belongs to: header stamp, else publish time, else log time.</param>
/// <param name="TimeBase">Which of them: <c>header</c>, <c>publish</c> or <c>log</c>.</param>
public sealed record ChannelBatch(string Channel, string SchemaName, RecordBatch Batch, ReadOnlyMemory<long> SensorTimeNs, string TimeBase)
{
    /// <summary>Bytes to account for in the budget.</summary>
    public long Bytes => Batch.EstimatedBytes + SensorTimeNs.Length * sizeof(long);
}
