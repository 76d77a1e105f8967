using System.Diagnostics;
using System.Text;
using Confluent.Kafka;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Kafka;

/// <summary>Appends records to topics: idempotent, acks=all, partitioned by key as Java's client does. Thread-safe.</summary>
public sealed class RecordProducer : IAsyncDisposable
{
    private const int DeliveryTimeoutMs = 30_000;

    private readonly KafkaOptions options;
    private readonly ILogger logger;
    private readonly ClientLog clientLog;
    private readonly Lock gate = new();
    private readonly List<IProducer<byte[], byte[]>> retired = [];
    private IProducer<byte[], byte[]> producer;
    private volatile IProducer<byte[], byte[]>? failed;

    /// <param name="options">Where to.</param>
    /// <param name="logger">Takes the client's own log.</param>
    /// <exception cref="MeshException"><c>MESH7106</c>: the client's settings are wrong.</exception>
    public RecordProducer(KafkaOptions options, ILogger logger)
    {
        this.options = options;
        this.logger = logger;
        clientLog = new ClientLog(options, logger);
        producer = Build();
    }

    /// <summary>Appends a record and waits until the log has it. Those of one caller and partition keep their order.</summary>
    /// <param name="topic">Topic.</param>
    /// <param name="key">Key; null for none.</param>
    /// <param name="value">Value.</param>
    /// <param name="headers">Names and UTF-8 values.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="MeshException">
    /// <c>MESH7101</c>, transient: the log did not take it within 30 s, though it may have it. <c>MESH7103</c>: it is larger than the log takes.
    /// </exception>
    public Task<EventPosition> SendAsync(
        string topic, byte[]? key, byte[] value, IEnumerable<KeyValuePair<string, string>> headers, CancellationToken cancellationToken)
    {
        var written = new Headers();
        foreach (var (name, text) in headers) written.Add(name, Encoding.UTF8.GetBytes(text));
        return SendAsync(topic, key, value, written, cancellationToken);
    }

    /// <summary>As <see cref="SendAsync(string, byte[], byte[], IEnumerable{KeyValuePair{string, string}}, CancellationToken)"/>, with headers of any bytes.</summary>
    /// <exception cref="MeshException">Likewise.</exception>
    public Task<EventPosition> SendBinaryAsync(
        string topic, byte[]? key, byte[] value, IEnumerable<KeyValuePair<string, byte[]>> headers, CancellationToken cancellationToken)
    {
        var written = new Headers();
        foreach (var (name, bytes) in headers) written.Add(name, bytes);
        return SendAsync(topic, key, value, written, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        // Every sender waits for its own records, so there is nothing to flush.
        lock (gate)
        {
            foreach (var old in retired) old.Dispose();
            retired.Clear();
            producer.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    internal async Task<EventPosition> SendAsync(string topic, byte[]? key, byte[] value, Headers headers, CancellationToken cancellationToken)
    {
        var current = producer;
        long started = Stopwatch.GetTimestamp();
        try
        {
            var message = new Message<byte[], byte[]> { Key = key!, Value = value, Headers = headers };
            var result = await current.ProduceAsync(topic, message, cancellationToken).ConfigureAwait(false);
            KafkaMetrics.AddSent(topic, started, null);
            return new EventPosition(result.Topic, result.Partition.Value, result.Offset.Value);
        }
        catch (KafkaException exception)
        {
            var error = exception.Error;
            KafkaMetrics.AddSent(topic, started, error.Code);
            if (error.Code is ErrorCode.MsgSizeTooLarge)
            {
                throw new MeshException(
                    "MESH7103",
                    $"A record of {value.Length:N0} bytes is larger than {topic} takes. Raise the topic's max.message.bytes, or put the payload in the object store.",
                    innerException: exception);
            }

            if (EndsProducer(error) || ReferenceEquals(failed, current)) Replace(current, error);
            throw new MeshException(
                "MESH7101",
                $"The event log at {options.Bootstrap} did not take a record for {topic}: {error.Reason}. Check kafka.bootstrap and that the broker runs.",
                isTransient: true, exception);
        }
    }

    // The record that a fatal error hits is answered with the broker's own code, and so is every later one.
    private static bool EndsProducer(Error error) => error.IsFatal || error.Code
        is ErrorCode.Local_Fatal or ErrorCode.OutOfOrderSequenceNumber or ErrorCode.InvalidProducerEpoch or ErrorCode.UnknownProducerId or ErrorCode.ProducerFenced;

    // An idempotent producer that lost track of its sequence (the log was wiped, its id expired) never sends again.
    private void Replace(IProducer<byte[], byte[]> broken, Error error)
    {
        lock (gate)
        {
            if (!ReferenceEquals(producer, broken)) return;
            Log.ClientReplaced(logger, options.ClientId, error.Reason);
            // Others may still wait for their records' answers, which end with their timeout; disposing would leave them waiting for ever.
            retired.Add(broken);
            producer = Build();
        }
    }

    private IProducer<byte[], byte[]> Build()
    {
        var config = ClientSettings.For(options, new ProducerConfig
        {
            EnableIdempotence = true,
            Acks = Acks.All,
            LingerMs = 5,
            MessageTimeoutMs = DeliveryTimeoutMs,
            // Java's partitioner: whoever produces, records of a key share a partition.
            Partitioner = Partitioner.Murmur2Random,
        });
        return ClientSettings.Build(options, () => new ProducerBuilder<byte[], byte[]>(config)
            .SetLogHandler((_, message) => clientLog.OnLog(message))
            .SetErrorHandler((handle, error) =>
            {
                if (error.IsFatal) failed = handle;
                clientLog.OnError(error);
            })
            .Build());
    }
}
