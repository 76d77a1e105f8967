namespace Mesh.Kafka;

/// <summary>A topic in a list.</summary>
/// <param name="Name">Name.</param>
/// <param name="Partitions">Number of partitions.</param>
/// <param name="Replicas">Replicas of each partition; 0 when it has none.</param>
/// <param name="Records">Offsets between the beginnings and ends of all partitions: the records, and with compaction or transactions somewhat more.</param>
public sealed record TopicSummary(string Name, int Partitions, int Replicas, long Records);
