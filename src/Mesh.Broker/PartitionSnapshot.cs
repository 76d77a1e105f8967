namespace Mesh.Broker;

/// <summary>A partition at a moment.</summary>
/// <param name="Partition">Number.</param>
/// <param name="StartOffset">Offset of the first record kept.</param>
/// <param name="EndOffset">Offset the next record will get.</param>
/// <param name="Bytes">Size of its log.</param>
public sealed record PartitionSnapshot(int Partition, long StartOffset, long EndOffset, long Bytes);
