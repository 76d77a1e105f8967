namespace Mesh.Broker;

/// <summary>How far a group has read a partition.</summary>
/// <param name="Topic">Topic.</param>
/// <param name="Partition">Partition.</param>
/// <param name="CommittedOffset">Offset of the next record the group will read.</param>
/// <param name="EndOffset">Offset the partition's next record will get; null when the partition no longer exists.</param>
public sealed record GroupOffsetSnapshot(string Topic, int Partition, long CommittedOffset, long? EndOffset)
{
    /// <summary>Records the group has not read yet.</summary>
    public long? Lag => EndOffset - CommittedOffset;
}
