using System.Buffers.Binary;

namespace Mesh.Lakehouse.Metadata;

/// <summary>An event waiting to be published.</summary>
/// <param name="Id">Its place in the outbox.</param>
/// <param name="Topic">Topic.</param>
/// <param name="Key">Key.</param>
/// <param name="EventType">Full Protobuf name.</param>
/// <param name="Protobuf">Serialised message.</param>
/// <param name="EventId">Identity of the event, the same however often it is published: a UUID of version 7; empty for entries of earlier releases.</param>
/// <param name="TraceParent">W3C trace context it was added in; empty for none.</param>
/// <param name="TraceState">The <c>tracestate</c> that belongs to it.</param>
public sealed record OutboxEntry(long Id, string Topic, string Key, string EventType, byte[] Protobuf, string EventId, string TraceParent, string TraceState)
{
    /// <summary>When it was added, which its id tells; null for entries of earlier releases.</summary>
    public DateTimeOffset? AddedAt => Guid.TryParse(EventId, out var id) && id.Version == 7
        ? DateTimeOffset.FromUnixTimeMilliseconds((long)(BinaryPrimitives.ReadUInt64BigEndian(id.ToByteArray(bigEndian: true)) >> 16))
        : null;
}
