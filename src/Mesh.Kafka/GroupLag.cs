namespace Mesh.Kafka;

/// <summary>How far a consumer group is in a partition.</summary>
/// <param name="Group">Group.</param>
/// <param name="Topic">Topic.</param>
/// <param name="Partition">Partition.</param>
/// <param name="CommittedOffset">The offset it reads next.</param>
/// <param name="Lag">Offsets from there to the end.</param>
public sealed record GroupLag(string Group, string Topic, int Partition, long CommittedOffset, long Lag);
