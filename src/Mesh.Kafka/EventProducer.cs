using System.Text;
using Confluent.Kafka;
using Google.Protobuf;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Kafka;

/// <summary>
/// Publishes events in Confluent's wire format (magic 0, schema id, message index, Protobuf). Idempotent, acks=all; thread-safe.
/// Each record carries the attributes of a CloudEvent and a W3C trace context as headers; an event published again has the same id.
/// Events of one caller, topic and key keep their order once the first of their type has been published, which registers the schema.
/// </summary>
public sealed class EventProducer : IAsyncDisposable
{
    private readonly SchemaRegistry registry;
    private readonly TimeProvider time;
    private readonly string registryUrl;
    private readonly RecordProducer records;

    /// <param name="options">Where to.</param>
    /// <param name="logger">Takes the client's own log.</param>
    /// <param name="time">Clock that events are stamped by (default: the system's).</param>
    /// <exception cref="MeshException"><c>MESH7106</c>: the client's settings are wrong.</exception>
    public EventProducer(KafkaOptions options, ILogger logger, TimeProvider? time = null)
    {
        this.time = time ?? TimeProvider.System;
        registryUrl = options.SchemaRegistryUrl.TrimEnd('/');
        registry = new SchemaRegistry(options, logger);
        records = new RecordProducer(options, logger);
    }

    /// <summary>Publishes an event and waits until the log has it.</summary>
    /// <exception cref="MeshException">
    /// <c>MESH7101</c>, transient: the log did not take it within 30 s, though it may have it. <c>MESH7102</c>: the schema registry did
    /// not answer (transient) or refused the schema. <c>MESH7103</c>: the event is larger than the log takes.
    /// </exception>
    public async Task<EventPosition> PublishAsync<T>(string topic, string key, T message, CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        var schema = EventSchema.Of(message.Descriptor);
        if (!registry.TryGetId(topic, schema, out int id)) id = await registry.GetIdAsync(topic, schema, cancellationToken).ConfigureAwait(false);
        return await SendAsync(topic, key, schema, id, WireFormat.Write(id, schema, message), null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Publishes an event that was serialised earlier, for example into an outbox.</summary>
    /// <param name="topic">Topic.</param>
    /// <param name="key">Key.</param>
    /// <param name="eventType">Full Protobuf name, <c>mesh.events.v1.UploadAccepted</c>.</param>
    /// <param name="protobuf">The message without the wire format's prefix.</param>
    /// <param name="origin">Its id, time and trace; null: it happens now, and its id follows from its content.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="MeshException">As <see cref="PublishAsync{T}"/>; <c>MESH7104</c> when the event type is unknown.</exception>
    public async Task<EventPosition> PublishSerialisedAsync(
        string topic, string key, string eventType, ReadOnlyMemory<byte> protobuf, EventOrigin? origin, CancellationToken cancellationToken)
    {
        var schema = EventSchema.Find(eventType);
        if (!registry.TryGetId(topic, schema, out int id)) id = await registry.GetIdAsync(topic, schema, cancellationToken).ConfigureAwait(false);
        return await SendAsync(topic, key, schema, id, WireFormat.Write(id, schema, protobuf.Span), origin, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await records.DisposeAsync().ConfigureAwait(false);
        registry.Dispose();
    }

    private async Task<EventPosition> SendAsync(
        string topic, string key, EventSchema schema, int schemaId, byte[] value, EventOrigin? origin, CancellationToken cancellationToken)
    {
        var cloudEvent = new CloudEvent(
            origin?.Id ?? CloudEvent.IdOf(schema.FullName, topic, key, WireFormat.MessageOf(value, schema)), CloudEvent.MeshSource, schema.FullName)
        {
            Time = origin?.Time ?? time.GetUtcNow(),
            Subject = key,
            DataSchema = $"{registryUrl}/schemas/ids/{schemaId}",
            DataContentType = CloudEvent.ProtobufContentType,
        };
        using var activity = EventTracing.StartSending(topic, cloudEvent, key, value.Length, origin);
        var headers = new Headers();
        cloudEvent.Write(headers);
        EventTracing.Inject(headers, activity, origin);
        try
        {
            var position = await records.SendAsync(topic, Encoding.UTF8.GetBytes(key), value, headers, cancellationToken).ConfigureAwait(false);
            EventTracing.Sent(activity, position);
            return position;
        }
        catch (MeshException exception) when (exception.InnerException is KafkaException { Error: var error })
        {
            EventTracing.Failed(activity, error.Code.ToString(), error.Reason);
            throw;
        }
    }
}
