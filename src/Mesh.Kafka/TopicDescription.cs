namespace Mesh.Kafka;

/// <summary>Everything about a topic that the cluster tells.</summary>
/// <param name="Name">Name.</param>
/// <param name="Partitions">Its partitions, by number.</param>
/// <param name="Settings">Settings that the topic itself has, by name.</param>
/// <param name="Groups">Consumer groups that have committed an offset in it.</param>
public sealed record TopicDescription(
    string Name, IReadOnlyList<PartitionDescription> Partitions, IReadOnlyDictionary<string, string> Settings, IReadOnlyList<GroupLag> Groups);
