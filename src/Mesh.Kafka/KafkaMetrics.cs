using System.Diagnostics;
using System.Diagnostics.Metrics;
using Confluent.Kafka;

namespace Mesh.Kafka;

/// <summary>Meter <c>Mesh.Kafka</c>, by OpenTelemetry's conventions for messaging.</summary>
internal static class KafkaMetrics
{
    private static readonly Meter Meter = new("Mesh.Kafka");

    private static readonly Counter<long> Sent = Meter.CreateCounter<long>("messaging.client.sent.messages", "{message}", "Events sent, also those the log did not take.");

    private static readonly Counter<long> Consumed = Meter.CreateCounter<long>("messaging.client.consumed.messages", "{message}", "Events delivered to a consumer group.");

    private static readonly Counter<long> ConsumedBytes = Meter.CreateCounter<long>("mesh.kafka.consumed", "By", "Bytes of events delivered to a consumer group.");

    private static readonly Histogram<double> Duration =
        Meter.CreateHistogram<double>("messaging.client.operation.duration", "s", "Duration of sending an event, until the log has it.");

    public static void AddSent(string topic, long started, ErrorCode? error)
    {
        var tags = new TagList { { "messaging.system", "kafka" }, { "messaging.operation.name", "send" }, { "messaging.destination.name", topic } };
        if (error is { } code) tags.Add("error.type", code.ToString());
        Sent.Add(1, tags);
        Duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, tags);
    }

    public static void AddConsumed(string topic, string group, long bytes)
    {
        var tags = new TagList
        {
            { "messaging.system", "kafka" }, { "messaging.operation.name", "poll" }, { "messaging.destination.name", topic }, { "messaging.consumer.group.name", group },
        };
        Consumed.Add(1, tags);
        ConsumedBytes.Add(bytes, tags);
    }
}
