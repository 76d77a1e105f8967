using Mesh.Kafka;

namespace Mesh.Commands.Ingest.Telemetry;

/// <summary>A partition that is being read.</summary>
internal sealed class PartitionState
{
    public PartitionState(TopicSource source, long? saved, ProducerWindows producers)
    {
        Source = source;
        Saved = saved;
        Next = saved ?? 0;
        Producers = producers;
    }

    public TopicSource Source { get; }

    /// <summary>Offset saved last; null when none has been.</summary>
    public long? Saved { get; set; }

    /// <summary>Offset of the record that is to come next.</summary>
    public long Next { get; set; }

    public ProducerWindows Producers { get; }
}
