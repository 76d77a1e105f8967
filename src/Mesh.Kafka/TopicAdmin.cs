using System.Runtime.CompilerServices;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Google.Protobuf;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Kafka;

/// <summary>Creates, describes, changes and reads topics. Uses only requests that librdkafka 2.0.2 knows.</summary>
public sealed partial class TopicAdmin : IAsyncDisposable
{
    private const int RecordsPerStep = 1_000;

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(30);

    private readonly KafkaOptions options;
    private readonly ILogger logger;
    private readonly ClientLog clientLog;
    private readonly IAdminClient admin;

    /// <param name="options">Where.</param>
    /// <param name="logger">Takes the client's own log.</param>
    /// <exception cref="MeshException"><c>MESH7106</c>: the client's settings are wrong.</exception>
    public TopicAdmin(KafkaOptions options, ILogger logger)
    {
        this.options = options;
        this.logger = logger;
        clientLog = new ClientLog(options, logger);
        var config = ClientSettings.For(options, new AdminClientConfig());
        admin = ClientSettings.Build(options, () => new AdminClientBuilder(config)
            .SetLogHandler((_, message) => clientLog.OnLog(message))
            .SetErrorHandler((_, error) => clientLog.OnError(error))
            .Build());
    }

    /// <summary>Creates those of the topics that do not exist, with the broker's defaults.</summary>
    /// <exception cref="MeshException"><c>MESH7107</c>, transient when no broker answers.</exception>
    public Task EnsureAsync(IReadOnlyDictionary<string, int> topics, CancellationToken cancellationToken) => EnsureAsync(topics, null, cancellationToken);

    /// <summary>Creates those of the topics that do not exist; the others stay as they are.</summary>
    /// <param name="topics">Name and number of partitions.</param>
    /// <param name="settings">Settings of those that are not as the broker's defaults, by topic; null for none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="MeshException"><c>MESH7107</c>, transient when no broker answers.</exception>
    public async Task EnsureAsync(
        IReadOnlyDictionary<string, int> topics, IReadOnlyDictionary<string, Dictionary<string, string>>? settings, CancellationToken cancellationToken)
    {
        // Those that an operator has created need no right to create them.
        var existing = await ListAsync(cancellationToken).ConfigureAwait(false);
        var specifications = topics.Where(topic => !existing.ContainsKey(topic.Key)).Select(topic =>
            new TopicSpecification
            {
                Name = topic.Key, NumPartitions = topic.Value, ReplicationFactor = options.ReplicationFactor, Configs = settings?.GetValueOrDefault(topic.Key),
            }).ToList();
        if (specifications.Count == 0) return;
        try
        {
            await admin.CreateTopicsAsync(specifications, new CreateTopicsOptions { RequestTimeout = RequestTimeout })
                .WaitAsync(cancellationToken).ConfigureAwait(false);
            foreach (var topic in specifications) Log.TopicCreated(logger, topic.Name, topic.NumPartitions);
        }
        catch (CreateTopicsException exception)
        {
            foreach (var result in exception.Results)
            {
                if (!result.Error.IsError) Log.TopicCreated(logger, result.Topic, topics[result.Topic]);
                else if (result.Error.Code != ErrorCode.TopicAlreadyExists) throw Failed($"create the topic {result.Topic}", result.Error, exception);
            }
        }
        catch (KafkaException exception)
        {
            throw Failed("create topics", exception.Error, exception);
        }
    }

    /// <summary>Topics with their number of partitions.</summary>
    /// <exception cref="MeshException"><c>MESH7107</c>, transient when no broker answers.</exception>
    public async Task<IReadOnlyDictionary<string, int>> ListAsync(CancellationToken cancellationToken)
    {
        var metadata = await OnThreadAsync("list the topics", () => admin.GetMetadata(RequestTimeout), cancellationToken).ConfigureAwait(false);
        return metadata.Topics.Where(topic => !topic.Error.IsError).ToDictionary(topic => topic.Topic, topic => topic.Partitions.Count);
    }

    /// <summary>
    /// Reads what a topic holds at this moment, from the beginning to the current end, outside any group; nothing when there is no such
    /// topic. Partition after partition, each in order.
    /// </summary>
    /// <exception cref="MeshException"><c>MESH7107</c>, transient: the broker is away or stopped answering for 30 s.</exception>
    public IAsyncEnumerable<ConsumedEvent<T>> ReadToEndAsync<T>(string topic, CancellationToken cancellationToken)
        where T : class, IMessage<T>, new() => ReadToEndAsync<T>(topic, new Dictionary<int, long>(), cancellationToken);

    /// <summary>The same from the given offsets on; a partition that has deleted the record there, or is not named, from its beginning.</summary>
    /// <exception cref="MeshException"><c>MESH7107</c>, transient: the broker is away or stopped answering for 30 s.</exception>
    public async IAsyncEnumerable<ConsumedEvent<T>> ReadToEndAsync<T>(
        string topic, IReadOnlyDictionary<int, long> from, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class, IMessage<T>, new()
    {
        var topics = await ListAsync(cancellationToken).ConfigureAwait(false);
        if (!topics.TryGetValue(topic, out int partitions) || partitions == 0) yield break;

        var reading = new EventReading<T>();
        using var consumer = BuildReader();
        for (int partition = 0; partition < partitions; partition++)
        {
            var place = new TopicPartition(topic, partition);
            var range = await OnThreadAsync(
                $"read {topic}", () => consumer.QueryWatermarkOffsets(place, RequestTimeout), cancellationToken).ConfigureAwait(false);
            long start = Math.Max(range.Low.Value, from.GetValueOrDefault(partition));
            if (range.High.Value <= start) continue;

            consumer.Assign(new TopicPartitionOffset(place, start));
            for (bool more = true; more;)
            {
                var step = await OnThreadAsync($"read {topic}", () => ReadStep(consumer, range.High.Value), cancellationToken).ConfigureAwait(false);
                more = step.More;
                foreach (var record in step.Records) yield return reading.Read(record);
            }

            consumer.Unassign();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        admin.Dispose();
        return ValueTask.CompletedTask;
    }

    private static (List<ConsumeResult<byte[], byte[]>> Records, bool More) ReadStep(IConsumer<byte[], byte[]> consumer, long end)
    {
        List<ConsumeResult<byte[], byte[]>> records = [];
        while (records.Count < RecordsPerStep)
        {
            var record = consumer.Consume(records.Count == 0 ? StallTimeout : TimeSpan.FromMilliseconds(50));
            if (record is null)
            {
                if (records.Count > 0) break;
                throw new KafkaException(new Error(ErrorCode.Local_TimedOut, $"no record for {StallTimeout.TotalSeconds:0} s"));
            }

            // What is appended while we read belongs to the next reading. The end itself may be a marker that is never delivered.
            if (record.IsPartitionEOF || record.Offset.Value >= end) return (records, false);
            records.Add(record);
            if (record.Offset.Value == end - 1) return (records, false);
        }

        return (records, true);
    }

    private IConsumer<byte[], byte[]> BuildReader()
    {
        var config = ClientSettings.For(options, new ConsumerConfig
        {
            // The client asks for a group id, though nothing joins or commits.
            GroupId = $"{options.ClientId}.reader",
            EnableAutoCommit = false,
            EnableAutoOffsetStore = false,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnablePartitionEof = true,
            QueuedMaxMessagesKbytes = 16 << 10,
        });
        return ClientSettings.Build(options, () => new ConsumerBuilder<byte[], byte[]>(config)
            .SetLogHandler((_, message) => clientLog.OnLog(message))
            .SetErrorHandler((_, error) => clientLog.OnError(error))
            .Build());
    }

    // The native client offers these calls only as blocking ones; they get a thread of their own, not one of the pool's.
    private async Task<TResult> OnThreadAsync<TResult>(string what, Func<TResult> call, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.Factory.StartNew(call, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)
                .ConfigureAwait(false);
        }
        catch (KafkaException exception)
        {
            throw Failed(what, exception.Error, exception);
        }
    }

    private MeshException Failed(string what, Error error, Exception cause)
    {
        bool transient = error.IsLocalError || error.Code is ErrorCode.RequestTimedOut or ErrorCode.NotController or ErrorCode.LeaderNotAvailable;
        return new MeshException(
            "MESH7107",
            $"Could not {what} at {options.Bootstrap}: {error.Reason}. Check kafka.bootstrap, that the broker runs and what the client may do there.",
            transient, cause);
    }
}
