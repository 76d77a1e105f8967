namespace Mesh.Kafka;

/// <summary>What setting a group's offsets does in a partition.</summary>
/// <param name="Partition">Number.</param>
/// <param name="Before">Offset that the group reads next; null when it has committed none.</param>
/// <param name="After">Offset that it reads next afterwards.</param>
/// <param name="StartOffset">Offset of the first record.</param>
/// <param name="EndOffset">Offset the next record gets.</param>
public sealed record OffsetChange(int Partition, long? Before, long After, long StartOffset, long EndOffset);
