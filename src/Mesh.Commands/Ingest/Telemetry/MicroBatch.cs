using Mesh.Decode.Telemetry;
using Mesh.Kafka.Events;

namespace Mesh.Commands.Ingest.Telemetry;

/// <summary>Messages that are committed together.</summary>
internal sealed class MicroBatch
{
    /// <summary>Messages to decode.</summary>
    public List<TelemetryInput> Inputs { get; } = [];

    /// <summary>Letters of what is not decoded.</summary>
    public List<DeadLetter> Letters { get; } = [];

    /// <summary>Partitions it moves.</summary>
    public Dictionary<int, PartitionState> Partitions { get; } = [];

    /// <summary>Messages whose rows are there and that frames need again, in the order of the log.</summary>
    public List<TelemetryInput> Again { get; } = [];

    /// <summary>Offsets behind those, by partition.</summary>
    public Dictionary<int, long> AgainTo { get; } = [];

    public long Duplicates { get; set; }

    public long Late { get; set; }

    /// <summary>Drops what it has of a partition, whose rows are read again; what frames alone need again stays.</summary>
    public void Drop(int partition)
    {
        Inputs.RemoveAll(input => input.Source.Partition == partition);
        Letters.RemoveAll(letter => letter.Source.Partition == partition);
        Partitions.Remove(partition);
    }
}
