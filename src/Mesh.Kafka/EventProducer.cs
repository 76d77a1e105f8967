using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Mesh.Kafka;

/// <summary>
/// Publishes events in Confluent's wire format (magic 0, schema id, message index, Protobuf). Idempotent, acks=all; thread-safe.
/// </summary>
public sealed class EventProducer : IAsyncDisposable
{
    /// <param name="options">Where to.</param>
    /// <param name="logger">Takes the client's own log.</param>
    public EventProducer(KafkaOptions options, ILogger logger) => throw new NotSupportedException();

    /// <summary>Publishes an event and waits until the log has it.</summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH7101</c>, transient: the log did not take it.</exception>
    public Task<EventPosition> PublishAsync<T>(string topic, string key, T message, CancellationToken cancellationToken)
        where T : class, IMessage<T> => throw new NotSupportedException();

    /// <summary>Publishes an event that was serialised earlier, for example into an outbox.</summary>
    /// <param name="topic">Topic.</param>
    /// <param name="key">Key.</param>
    /// <param name="eventType">Full Protobuf name, <c>mesh.events.v1.UploadAccepted</c>.</param>
    /// <param name="protobuf">The message without the wire format's prefix.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<EventPosition> PublishSerialisedAsync(
        string topic, string key, string eventType, ReadOnlyMemory<byte> protobuf, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
