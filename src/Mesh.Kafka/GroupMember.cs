namespace Mesh.Kafka;

/// <summary>A member of a consumer group.</summary>
/// <param name="Id">Identity within the group.</param>
/// <param name="Client">What the client calls itself.</param>
/// <param name="Host">Where it is.</param>
/// <param name="Partitions">What it reads.</param>
public sealed record GroupMember(string Id, string Client, string Host, IReadOnlyList<TopicPlace> Partitions);
