using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Confluent.Kafka;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Kafka;

/// <summary>
/// The thread that owns the native consumer. It never stops polling for longer than a moment, or the group would take its partitions
/// away: when the reader is slow the partitions are paused and polling goes on. The buffer is bounded by events and bytes.
/// </summary>
/// <typeparam name="T">What a record is read as.</typeparam>
internal sealed partial class ConsumerThread<T>
    where T : class, IConsumed
{
    private const long BufferedBytes = 16 << 20;
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan PatienceWithReader = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PlacingTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RestartDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(15);

    private readonly KafkaOptions options;
    private readonly string topic;
    private readonly string group;
    private readonly ILogger logger;
    private readonly ClientLog clientLog;
    private readonly Func<ConsumeResult<byte[], byte[]>, T> read;
    private readonly PartitionOwnership ownership = new();
    private readonly Channel<Buffered> buffer = Channel.CreateUnbounded<Buffered>(new() { SingleReader = true, SingleWriter = true });
    private readonly TaskCompletionSource finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly object signal = new();
    private volatile bool stopping;
    private bool placingFailed;
    private int started;
    private int heldEvents;
    private long heldBytes;
    private bool paused;

    public ConsumerThread(KafkaOptions options, string topic, string group, Func<ConsumeResult<byte[], byte[]>, T> read, ILogger logger)
    {
        this.read = read;
        this.options = options;
        this.topic = topic;
        this.group = group;
        this.logger = logger;
        clientLog = new ClientLog(options, logger);
    }

    /// <summary>Most events that wait for the reader (default: 512).</summary>
    public int MaxBufferedEvents { get; init; } = 512;

    /// <summary>Where reading of partitions begins that have been assigned; null for the group's offsets. One that is left out begins at its start.</summary>
    public Func<IReadOnlyList<int>, CancellationToken, Task<IReadOnlyDictionary<int, long>>>? Place { get; init; }

    public void Start()
    {
        if (Interlocked.Exchange(ref started, 1) == 1) return;
        new Thread(Run) { IsBackground = true, Name = $"{group} {topic}" }.Start();
    }

    public async ValueTask<T> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (Take(await buffer.Reader.ReadAsync(cancellationToken).ConfigureAwait(false)) is { } consumed) return consumed;
            }
            catch (ChannelClosedException closed)
            {
                throw closed.InnerException as MeshException
                    ?? new MeshException("MESH7105", $"The reader of {topic} was stopped.", isTransient: true, closed.InnerException);
            }
        }
    }

    public bool TryRead([NotNullWhen(true)] out T? consumed)
    {
        consumed = null;
        while (consumed is null && buffer.Reader.TryRead(out var buffered)) consumed = Take(buffered);
        return consumed is not null;
    }

    public async ValueTask StopAsync()
    {
        stopping = true;
        Wake();
        if (Interlocked.Exchange(ref started, 1) == 0) finished.SetResult();
        try
        {
            await finished.Task.WaitAsync(StopPatience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The client's commit has no timeout of its own: begun just before the broker goes, it lasts until the broker is back. Nobody
            // waits for that: the thread ends when it can, and what was not committed comes again.
            Log.StopAbandoned(logger, group, topic);
            FailWaitingCommits();
            buffer.Writer.TryComplete();
        }
    }

    // What was read before a rebalance and is no longer ours is the new owner's to deliver.
    private T? Take(Buffered buffered)
    {
        Interlocked.Decrement(ref heldEvents);
        Interlocked.Add(ref heldBytes, -buffered.Event.Bytes);
        Wake();
        if (!ownership.IsCurrent(buffered.Event.Position.Partition, buffered.Generation)) return null;
        KafkaMetrics.AddConsumed(topic, group, buffered.Event.Bytes);
        return buffered.Event;
    }

    private bool IsFull => Volatile.Read(ref heldEvents) >= MaxBufferedEvents || Interlocked.Read(ref heldBytes) >= BufferedBytes;

    private void Wake()
    {
        lock (signal) Monitor.PulseAll(signal);
    }

    private void Rest(TimeSpan time)
    {
        lock (signal)
        {
            if (!stopping) Monitor.Wait(signal, time);
        }
    }

    private void Run()
    {
        Exception? failure = null;
        try
        {
            while (!stopping && !Session())
            {
                Rest(RestartDelay);
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or KafkaException)
        {
            failure = ClientSettings.Refused(options, exception);
        }
        catch (MeshException exception)
        {
            failure = exception;
        }
        finally
        {
            FailWaitingCommits();
            buffer.Writer.TryComplete(failure);
            finished.SetResult();
        }
    }

    /// <summary>Reads with one native consumer until stopped.</summary>
    /// <returns>False when the consumer failed for good and must be replaced.</returns>
    private bool Session()
    {
        paused = false;
        placingFailed = false;
        using var consumer = Build();
        consumer.Subscribe(topic);
        try
        {
            while (!stopping)
            {
                Commit(consumer);
                if (IsFull) MakeReaderRoom(consumer);
                else if (paused) Resume(consumer);
                if (!Poll(consumer) || placingFailed) return false;
            }

            Commit(consumer);
            return true;
        }
        finally
        {
            // Leaves the group, so that the others need not wait for the session to time out.
            consumer.Close();
        }
    }

    private bool Poll(IConsumer<byte[], byte[]> consumer)
    {
        try
        {
            if (consumer.Consume(PollInterval) is { } record) Deliver(record);
            return true;
        }
        catch (KafkaException exception)
        {
            if (exception.Error.IsFatal || exception.Error.Code == ErrorCode.Local_Fatal)
            {
                Log.ClientReplaced(logger, options.ClientId, exception.Error.Reason);
                return false;
            }

            // The topic does not exist yet, or its leader is away: the client keeps trying by itself.
            Log.ReadRetried(logger, group, topic, exception.Error.Reason);
            Rest(RestartDelay);
            return true;
        }
    }

    private void Deliver(ConsumeResult<byte[], byte[]> record)
    {
        int partition = record.Partition.Value;
        int generation = ownership.Read(partition, record.Offset.Value);
        if (generation == 0) return;
        var consumed = read(record);
        if (consumed.Error is { } reason) Log.Unreadable(logger, topic, partition, record.Offset.Value, reason);
        Interlocked.Increment(ref heldEvents);
        Interlocked.Add(ref heldBytes, consumed.Bytes);
        buffer.Writer.TryWrite(new Buffered(consumed, generation));
    }

    // A reader that is only a moment behind is waited for; pausing makes the client throw away and fetch again what it has prefetched.
    private void MakeReaderRoom(IConsumer<byte[], byte[]> consumer)
    {
        long deadline = Environment.TickCount64 + (long)PatienceWithReader.TotalMilliseconds;
        while (!paused && IsFull && !stopping && Environment.TickCount64 < deadline)
        {
            lock (signal)
            {
                if (IsFull && !stopping) Monitor.Wait(signal, PatienceWithReader);
            }

            Commit(consumer);
        }

        // Also when paused before: a partition that was assigned meanwhile is not.
        if (!IsFull) return;
        consumer.Pause(consumer.Assignment);
        paused = true;
    }

    private void Resume(IConsumer<byte[], byte[]> consumer)
    {
        consumer.Resume(consumer.Assignment);
        paused = false;
    }

    private IConsumer<byte[], byte[]> Build()
    {
        var config = ClientSettings.For(options, new ConsumerConfig
        {
            GroupId = group,
            EnableAutoCommit = false,
            EnableAutoOffsetStore = false,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            AllowAutoCreateTopics = false,
            // Not cooperative-sticky: librdkafka 2.0.2 aborts the process when such a consumer is closed while it joins
            // (assertion in rd_kafka_sticky_assignor_state_destroy). The price is that what is under way is read again after a rebalance.
            PartitionAssignmentStrategy = PartitionAssignmentStrategy.RoundRobin,
            // After a crash the group waits this long for the dead member.
            SessionTimeoutMs = 10_000,
            HeartbeatIntervalMs = 3_000,
            TopicMetadataRefreshIntervalMs = 10_000,
            QueuedMinMessages = 1_000,
            QueuedMaxMessagesKbytes = 16 << 10,
        });
        var builder = new ConsumerBuilder<byte[], byte[]>(config)
            .SetLogHandler((_, message) => clientLog.OnLog(message))
            .SetErrorHandler((_, error) =>
            {
                clientLog.OnError(error);
                if (ClientLog.IsAway(error)) coordinatorInDoubt = true;
            })
            .SetPartitionsRevokedHandler((consumer, partitions) =>
            {
                // Still ours to commit: the next owner then begins after what is done.
                Commit(consumer);
                Release(partitions.Select(partition => partition.Partition));
            })
            .SetPartitionsLostHandler((_, partitions) => Release(partitions.Select(partition => partition.Partition)));
        builder = Place is null
            ? builder.SetPartitionsAssignedHandler((_, partitions) => Assign(partitions))
            : builder.SetPartitionsAssignedHandler((_, partitions) => AssignPlaced(partitions));
        return builder.Build();
    }

    private void Assign(List<TopicPartition> partitions)
    {
        foreach (var partition in partitions) ownership.Assign(partition.Partition.Value);
        Log.Assigned(logger, group, topic, TextOf(partitions.Select(partition => partition.Partition)));
    }

    // The client wants the places before it goes on, and this thread is there to wait for it.
    private IEnumerable<TopicPartitionOffset> AssignPlaced(List<TopicPartition> partitions)
    {
        using var patience = new CancellationTokenSource(PlacingTimeout);
        try
        {
            var starts = Place!([.. partitions.Select(partition => partition.Partition.Value)], patience.Token).GetAwaiter().GetResult();
            Assign(partitions);
            return
            [
                .. partitions.Select(partition => new TopicPartitionOffset(
                    partition, starts.TryGetValue(partition.Partition.Value, out long start) ? new Offset(start) : Offset.Beginning)),
            ];
        }
        catch (Exception exception) when (exception is MeshException or OperationCanceledException)
        {
            // To read from elsewhere would be wrong: join again.
            placingFailed = true;
            Log.ReadRetried(logger, group, topic, exception.Message);
            return [];
        }
    }

    private void Release(IEnumerable<Partition> partitions)
    {
        foreach (var partition in partitions) ownership.Release(partition.Value);
        Log.Revoked(logger, group, topic, TextOf(partitions));
    }

    private static string TextOf(IEnumerable<Partition> partitions) => string.Join(", ", partitions.Select(partition => partition.Value));

    private readonly record struct Buffered(T Event, int Generation);
}
