namespace Mesh.Kafka;

/// <summary>A partition of a topic.</summary>
/// <param name="Topic">Topic.</param>
/// <param name="Partition">Number.</param>
public readonly record struct TopicPlace(string Topic, int Partition);
