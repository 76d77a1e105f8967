using Mesh.Kafka;

namespace Mesh.Commands.EventLog;

/// <summary>A topic.</summary>
/// <param name="Name">Name.</param>
/// <param name="Partitions">Its partitions, by number.</param>
/// <param name="Bytes">Bytes on disk by partition; empty where that is not told.</param>
/// <param name="Settings">Settings that the topic itself has, by name.</param>
/// <param name="Rate">Records per second that it got lately; null when not measured.</param>
public sealed record TopicDetails(
    string Name, IReadOnlyList<PartitionDescription> Partitions, IReadOnlyDictionary<int, long> Bytes, IReadOnlyDictionary<string, string> Settings, double? Rate)
{
    /// <summary>Records in all partitions.</summary>
    public long Records => Partitions.Sum(partition => partition.EndOffset - partition.StartOffset);
}
