namespace Mesh.Kafka;

/// <summary>Where an event is in the log.</summary>
public readonly record struct EventPosition(string Topic, int Partition, long Offset);
