using System.Text;
using System.Text.Json;
using Confluent.Kafka;

namespace Mesh.Broker.Tests.Conformance;

/// <summary>Confluent.Kafka inside the test process.</summary>
internal sealed partial class ConfluentClient(string bootstrap) : IForeignClient, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly Dictionary<string, Member> members = [];
    private readonly IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrap }).SetErrorHandler((_, _) => { }).Build();

    public async Task<JsonElement> AskAsync(object command, CancellationToken cancellationToken)
    {
        var c = JsonSerializer.SerializeToElement(command);
        string Text(string name) => c.GetProperty(name).GetString()!;
        try
        {
            // librdkafka's calls block, and the tests of other clients wait for this one, too.
            object? result = await Task.Run(async () => Text("do") switch
            {
                "produce" => await ProduceAsync(c),
                "consume" => Consume(c),
                "offsetForTime" => OffsetForTime(c),
                "start" => Start(c),
                "join" => Join(c),
                "state" => StateOf(Text("member")),
                "commit" => members[Text("member")].Commit(),
                "leave" => members[Text("member")].Leave(),
                "committed" => Committed(c),
                "transaction" => Transact(c),
                "partitions" => new { count = admin.GetMetadata(Text("topic"), Patience).Topics.Single().Partitions.Count },
                "topics" => new { topics = admin.GetMetadata(Patience).Topics.Select(topic => topic.Topic) },
                "listGroups" => new { groups = admin.ListGroups(Patience).Select(group => group.Group) },
                "describeGroup" => Describe(admin.ListGroup(Text("group"), Patience)),
                _ => await AdministerAsync(c),
            }, cancellationToken);
            return JsonSerializer.SerializeToElement(result ?? new { });
        }
        catch (KafkaException exception)
        {
            throw new ForeignClientException($"{exception.Error.Code} {exception.Message} {Details(exception)}", exception.StackTrace);
        }
    }

    public void Dispose()
    {
        foreach (var member in members.Values) member.Leave();
        admin.Dispose();
    }

    private async Task<object?> ProduceAsync(JsonElement c)
    {
        var config = new ProducerConfig
        {
            BootstrapServers = bootstrap,
            Acks = Acks.All,
            LingerMs = 10,
            MessageMaxBytes = 100_000_000,
            MessageTimeoutMs = 20_000,
            EnableIdempotence = c.TryGetProperty("idempotent", out var idempotent) && idempotent.GetBoolean(),
            CompressionType = c.TryGetProperty("compression", out var compression) ? Enum.Parse<CompressionType>(compression.GetString()!, ignoreCase: true) : CompressionType.None,
        };
        using var producer = new ProducerBuilder<byte[]?, byte[]?>(config).SetErrorHandler((_, _) => { }).Build();
        var reports = Records(c).Select(record => producer.ProduceAsync(new TopicPartition(c.GetProperty("topic").GetString(), record.Partition), ToMessage(record))).ToList();
        return new { offset = (await Task.WhenAll(reports))[0].Offset.Value };
    }

    private object Consume(JsonElement c)
    {
        string topic = c.GetProperty("topic").GetString()!;
        int count = c.GetProperty("count").GetInt32();
        var isolation = c.TryGetProperty("isolation", out var given) && given.GetString() == "read_uncommitted" ? IsolationLevel.ReadUncommitted : IsolationLevel.ReadCommitted;
        using var consumer = Consumer("by-hand", config => config.IsolationLevel = isolation).Build();
        var from = c.TryGetProperty("from", out var starts) ? starts.EnumerateArray().ToDictionary(each => each[0].GetInt32(), each => each[1].GetInt64()) : [];
        int partitions = admin.GetMetadata(topic, Patience).Topics.Single().Partitions.Count;
        consumer.Assign(Enumerable.Range(0, partitions).Select(p => new TopicPartitionOffset(topic, p, from.GetValueOrDefault(p))));
        var records = new List<ForeignRecord>();
        for (long until = Environment.TickCount64 + 30_000; records.Count < count;)
        {
            if (Environment.TickCount64 > until) throw new ForeignClientException($"waited 30 s for {count} records, {records.Count} came");
            if (consumer.Consume(TimeSpan.FromMilliseconds(100)) is { } result) records.Add(FromResult(result));
        }

        return new { records };
    }

    private object OffsetForTime(JsonElement c)
    {
        using var consumer = Consumer("by-hand").Build();
        var asked = new TopicPartitionTimestamp(c.GetProperty("topic").GetString(), c.GetProperty("partition").GetInt32(), new Timestamp(c.GetProperty("timestamp").GetInt64(), TimestampType.CreateTime));
        return new { offset = consumer.OffsetsForTimes([asked], Patience).Single().Offset.Value };
    }

    private object Start(JsonElement c)
    {
        using var consumer = Consumer("by-hand").Build();
        return new { offset = consumer.QueryWatermarkOffsets(new TopicPartition(c.GetProperty("topic").GetString(), c.GetProperty("partition").GetInt32()), Patience).Low.Value };
    }

    private object? Join(JsonElement c)
    {
        string? Optional(string name) => c.TryGetProperty(name, out var given) ? given.GetString() : null;
        var consumer = Consumer(c.GetProperty("group").GetString()!, config =>
        {
            config.GroupInstanceId = Optional("instance");
            if (Optional("strategy") == "cooperative") config.PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky;
        }).Build();
        members[c.GetProperty("member").GetString()!] = new Member(consumer, c.GetProperty("topic").GetString()!);
        return null;
    }

    private object StateOf(string name)
    {
        var member = members[name];
        return new { assigned = member.Assigned.Select(partition => new object[] { partition.Topic, partition.Partition.Value }), values = member.Values };
    }

    private object Committed(JsonElement c)
    {
        using var consumer = Consumer(c.GetProperty("group").GetString()!).Build();
        return new { offset = consumer.Committed([new TopicPartition(c.GetProperty("topic").GetString(), c.GetProperty("partition").GetInt32())], Patience).Single().Offset.Value };
    }

    private object? Transact(JsonElement c)
    {
        using var producer = new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig { BootstrapServers = bootstrap, TransactionalId = c.GetProperty("id").GetString() }).SetErrorHandler((_, _) => { }).Build();
        producer.InitTransactions(Patience);
        producer.BeginTransaction();
        foreach (var record in Records(c)) producer.Produce(new TopicPartition(c.GetProperty("topic").GetString(), record.Partition), ToMessage(record));
        producer.Flush(Patience);
        if (c.TryGetProperty("group", out var group))
        {
            using var consumer = Consumer(group.GetString()!).Build();
            var position = new TopicPartitionOffset(c.GetProperty("offsetTopic").GetString(), c.GetProperty("offsetPartition").GetInt32(), c.GetProperty("offset").GetInt64());
            producer.SendOffsetsToTransaction([position], consumer.ConsumerGroupMetadata, Patience);
        }

        if (c.GetProperty("end").GetString() == "commit") producer.CommitTransaction(Patience);
        else producer.AbortTransaction(Patience);
        return null;
    }

    private static object Describe(GroupInfo group) => new { state = group.State, members = group.Members.Count, protocol = group.Protocol };

    private ConsumerBuilder<byte[]?, byte[]?> Consumer(string group, Action<ConsumerConfig>? configure = null)
    {
        var config = new ConsumerConfig
        {
            BootstrapServers = bootstrap,
            GroupId = group,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnableAutoCommit = false,
            SessionTimeoutMs = 6_000,
            HeartbeatIntervalMs = 200,
            FetchWaitMaxMs = 100,
        };
        configure?.Invoke(config);
        return new ConsumerBuilder<byte[]?, byte[]?>(config).SetErrorHandler((_, _) => { });
    }

    private static List<ForeignRecord> Records(JsonElement c) => ForeignRecord.From(c);

    private static Message<byte[]?, byte[]?> ToMessage(ForeignRecord record)
    {
        var message = new Message<byte[]?, byte[]?> { Key = record.Key, Value = record.Value, Headers = [] };
        if (record.Timestamp is { } time) message.Timestamp = new Timestamp(time, TimestampType.CreateTime);
        foreach (string?[] header in record.Headers ?? []) message.Headers.Add(header[0], header[1] is null ? null : Convert.FromBase64String(header[1]!));
        return message;
    }

    private static ForeignRecord FromResult(ConsumeResult<byte[]?, byte[]?> result) => new()
    {
        Partition = result.Partition.Value,
        Offset = result.Offset.Value,
        Key = result.Message.Key,
        Value = result.Message.Value,
        Timestamp = result.Message.Timestamp.UnixTimestampMs,
        Headers = [.. (result.Message.Headers ?? []).Select(header => new[] { header.Key, header.GetValueBytes() is { } value ? Convert.ToBase64String(value) : null })],
    };

    /// <summary>A consumer in a group that polls on a thread of its own.</summary>
    private sealed class Member
    {
        private readonly IConsumer<byte[]?, byte[]?> consumer;
        private readonly List<string> values = [];
        private readonly Thread thread;
        private volatile bool isLeaving;

        public Member(IConsumer<byte[]?, byte[]?> consumer, string topic)
        {
            this.consumer = consumer;
            consumer.Subscribe(topic);
            thread = new Thread(Poll) { IsBackground = true };
            thread.Start();
        }

        public IReadOnlyList<TopicPartition> Assigned => isLeaving ? [] : consumer.Assignment;

        public IReadOnlyList<string> Values
        {
            get
            {
                lock (values) return [.. values];
            }
        }

        public object? Commit()
        {
            consumer.Commit();
            return null;
        }

        public object? Leave()
        {
            if (isLeaving) return null;
            isLeaving = true;
            thread.Join();
            consumer.Close();
            consumer.Dispose();
            return null;
        }

        private void Poll()
        {
            while (!isLeaving)
            {
                try
                {
                    if (consumer.Consume(TimeSpan.FromMilliseconds(50)) is not { } result) continue;
                    lock (values) values.Add(Encoding.UTF8.GetString(result.Message.Value!));
                }
                catch (ConsumeException)
                {
                }
            }
        }
    }
}
