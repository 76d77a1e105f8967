namespace Mesh.Broker;

/// <summary>A topic at a moment.</summary>
public sealed record TopicSnapshot(string Name, bool IsInternal, IReadOnlyList<PartitionSnapshot> Partitions);
