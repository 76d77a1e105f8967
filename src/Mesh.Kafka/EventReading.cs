using System.Text;
using Confluent.Kafka;
using Google.Protobuf;

namespace Mesh.Kafka;

/// <summary>Turns the client's records into events.</summary>
internal sealed class EventReading<T>
    where T : class, IMessage<T>, new()
{
    private readonly MessageParser<T> parser = new(() => new T());
    private readonly EventSchema schema = EventSchema.Of(new T().Descriptor);

    public ConsumedEvent<T> Read(ConsumeResult<byte[], byte[]> record)
    {
        var position = new EventPosition(record.Topic, record.Partition.Value, record.Offset.Value);
        byte[]? value = record.Message.Value;
        var (traceParent, traceState) = EventTracing.Extract(record.Message.Headers);
        var consumed = new ConsumedEvent<T>(position, record.Message.Key is { } key ? Encoding.UTF8.GetString(key) : "", value)
        {
            CloudEvent = CloudEvent.Read(record.Message.Headers),
            TraceParent = traceParent,
            TraceState = traceState,
        };
        if (value is null) return consumed with { Error = "the record has no value" };
        if (WireFormat.Locate(value, schema, out int start) is { } problem) return consumed with { Error = problem };
        try
        {
            return consumed with { Value = parser.ParseFrom(value, start, value.Length - start) };
        }
        catch (InvalidProtocolBufferException exception)
        {
            return consumed with { Error = $"it is not a {schema.FullName}: {exception.Message}" };
        }
    }
}
