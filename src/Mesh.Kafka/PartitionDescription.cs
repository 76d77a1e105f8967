namespace Mesh.Kafka;

/// <summary>A partition.</summary>
/// <param name="Partition">Number.</param>
/// <param name="Leader">Broker that leads it; -1 when none does.</param>
/// <param name="Replicas">Brokers that hold it.</param>
/// <param name="InSync">Brokers whose copy is complete.</param>
/// <param name="StartOffset">Offset of the first record.</param>
/// <param name="EndOffset">Offset the next record gets.</param>
public sealed record PartitionDescription(int Partition, int Leader, IReadOnlyList<int> Replicas, IReadOnlyList<int> InSync, long StartOffset, long EndOffset);
