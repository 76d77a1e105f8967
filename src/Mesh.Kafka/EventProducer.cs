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
    private const int DeliveryTimeoutMs = 30_000;

    private readonly KafkaOptions options;
    private readonly ILogger logger;
    private readonly ClientLog clientLog;
    private readonly SchemaRegistry registry;
    private readonly TimeProvider time;
    private readonly string registryUrl;
    private readonly Lock gate = new();
    private readonly List<IProducer<string, byte[]>> retired = [];
    private IProducer<string, byte[]> producer;
    private volatile IProducer<string, byte[]>? failed;

    /// <param name="options">Where to.</param>
    /// <param name="logger">Takes the client's own log.</param>
    /// <param name="time">Clock that events are stamped by (default: the system's).</param>
    /// <exception cref="MeshException"><c>MESH7106</c>: the client's settings are wrong.</exception>
    public EventProducer(KafkaOptions options, ILogger logger, TimeProvider? time = null)
    {
        this.time = time ?? TimeProvider.System;
        registryUrl = options.SchemaRegistryUrl.TrimEnd('/');
        this.options = options;
        this.logger = logger;
        clientLog = new ClientLog(options, logger);
        registry = new SchemaRegistry(options, logger);
        producer = Build();
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
    public ValueTask DisposeAsync()
    {
        // Every publisher waits for its own events, so there is nothing to flush.
        lock (gate)
        {
            foreach (var old in retired) old.Dispose();
            retired.Clear();
            producer.Dispose();
        }

        registry.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<EventPosition> SendAsync(
        string topic, string key, EventSchema schema, int schemaId, byte[] value, EventOrigin? origin, CancellationToken cancellationToken)
    {
        var current = producer;
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
            var message = new Message<string, byte[]> { Key = key, Value = value, Headers = headers };
            var result = await current.ProduceAsync(topic, message, cancellationToken).ConfigureAwait(false);
            var position = new EventPosition(result.Topic, result.Partition.Value, result.Offset.Value);
            EventTracing.Sent(activity, position);
            return position;
        }
        catch (KafkaException exception)
        {
            var error = exception.Error;
            EventTracing.Failed(activity, error.Code.ToString(), error.Reason);
            if (error.Code is ErrorCode.MsgSizeTooLarge)
            {
                throw new MeshException(
                    "MESH7103",
                    $"An event of {value.Length:N0} bytes is larger than {topic} takes. Raise the topic's max.message.bytes, or put the payload in the object store.",
                    innerException: exception);
            }

            if (EndsProducer(error) || ReferenceEquals(failed, current)) Replace(current, error);
            throw new MeshException(
                "MESH7101",
                $"The event log at {options.Bootstrap} did not take an event for {topic}: {error.Reason}. Check kafka.bootstrap and that the broker runs.",
                isTransient: true, exception);
        }
    }

    // The event that a fatal error hits is answered with the broker's own code, and so is every later one.
    private static bool EndsProducer(Error error) => error.IsFatal || error.Code
        is ErrorCode.Local_Fatal or ErrorCode.OutOfOrderSequenceNumber or ErrorCode.InvalidProducerEpoch or ErrorCode.UnknownProducerId or ErrorCode.ProducerFenced;

    // An idempotent producer that lost track of its sequence (the log was wiped, its id expired) never sends again.
    private void Replace(IProducer<string, byte[]> broken, Error error)
    {
        lock (gate)
        {
            if (!ReferenceEquals(producer, broken)) return;
            Log.ClientReplaced(logger, options.ClientId, error.Reason);
            // Others may still wait for their events' answers, which end with their timeout; disposing would leave them waiting for ever.
            retired.Add(broken);
            producer = Build();
        }
    }

    private IProducer<string, byte[]> Build()
    {
        var config = ClientSettings.For(options, new ProducerConfig
        {
            EnableIdempotence = true,
            Acks = Acks.All,
            LingerMs = 5,
            MessageTimeoutMs = DeliveryTimeoutMs,
            // Java's partitioner: whoever produces, events of a key share a partition.
            Partitioner = Partitioner.Murmur2Random,
        });
        return ClientSettings.Build(options, () => new ProducerBuilder<string, byte[]>(config)
            .SetLogHandler((_, message) => clientLog.OnLog(message))
            .SetErrorHandler((handle, error) =>
            {
                if (error.IsFatal) failed = handle;
                clientLog.OnError(error);
            })
            .Build());
    }
}
