namespace Mesh.Lakehouse.Metadata;

/// <summary>An event waiting to be published.</summary>
public sealed record OutboxEntry(long Id, string Topic, string Key, string EventType, byte[] Protobuf);
