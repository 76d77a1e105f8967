using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Mesh.Broker.Tests.Support;

namespace Mesh.Broker.Tests.Clients;

/// <summary>Confluent.Kafka, the client the rest of Mesh uses.</summary>
public class ConfluentClientTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_idempotent_producer_and_a_group_see_every_record_once_and_in_order_per_partition()
    {
        await using var broker = await TestBroker.StartAsync();
        await CreateTopicAsync(broker, "readings", 3);
        using (var producer = Producer(broker))
        {
            for (int i = 0; i < 3_000; i++) producer.Produce("readings", new Message<string, string> { Key = (i % 7).ToString(), Value = i.ToString() });
            producer.Flush(Cancellation);
        }

        using var consumer = Consumer(broker, "readers");
        consumer.Subscribe("readings");
        var consumed = Take(consumer, 3_000);

        consumed.Select(result => int.Parse(result.Message.Value)).Order().ShouldBe(Enumerable.Range(0, 3_000));
        foreach (var key in consumed.GroupBy(result => result.Message.Key))
        {
            key.Select(result => int.Parse(result.Message.Value)).ShouldBeInOrder();
        }

        consumer.Close();
    }

    [Fact]
    public async Task Headers_keys_nulls_and_timestamps_come_back_as_they_went()
    {
        await using var broker = await TestBroker.StartAsync();
        using var producer = new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig { BootstrapServers = broker.Bootstrap }).Build();
        var time = new Timestamp(new DateTime(2024, 2, 29, 12, 0, 0, 123, DateTimeKind.Utc));
        var sent = new Message<byte[]?, byte[]?> { Key = null, Value = null, Timestamp = time, Headers = new Headers { { "trace", Encoding.UTF8.GetBytes("00-ab") } } };
        var delivered = await producer.ProduceAsync("records", sent, Cancellation);

        using var consumer = new ConsumerBuilder<byte[]?, byte[]?>(new ConsumerConfig { BootstrapServers = broker.Bootstrap, GroupId = "g" }).Build();
        consumer.Assign(new TopicPartitionOffset("records", 0, 0));
        var received = consumer.Consume(TimeSpan.FromSeconds(20)).ShouldNotBeNull();

        delivered.Offset.Value.ShouldBe(0);
        received.Message.Key.ShouldBeNull();
        received.Message.Value.ShouldBeNull();
        received.Message.Timestamp.UnixTimestampMs.ShouldBe(time.UnixTimestampMs);
        Encoding.UTF8.GetString(received.Message.Headers[0].GetValueBytes()).ShouldBe("00-ab");
    }

    [Fact]
    public async Task A_restart_keeps_records_offsets_and_the_producers_sequence()
    {
        await using var broker = await TestBroker.StartAsync();
        await CreateTopicAsync(broker, "readings", 2);
        using var producer = Producer(broker);
        for (int i = 0; i < 10; i++) await producer.ProduceAsync("readings", new Message<string, string> { Key = "k", Value = $"before {i}" }, Cancellation);
        using (var consumer = Consumer(broker, "readers"))
        {
            consumer.Subscribe("readings");
            var first = Take(consumer, 4);
            consumer.Commit(first[^1]);
            consumer.Close();
        }

        await broker.RestartAsync();

        // The same producer goes on with its next sequence number, which the broker must still know.
        for (int i = 0; i < 10; i++) await producer.ProduceAsync("readings", new Message<string, string> { Key = "k", Value = $"after {i}" }, Cancellation);
        using var again = Consumer(broker, "readers");
        again.Subscribe("readings");
        Take(again, 16).Select(result => result.Message.Value).ShouldBe(
            [.. Enumerable.Range(4, 6).Select(i => $"before {i}"), .. Enumerable.Range(0, 10).Select(i => $"after {i}")]);
        again.Close();
    }

    [Fact]
    public async Task Two_members_share_the_partitions_and_one_takes_over_when_the_other_leaves()
    {
        await using var broker = await TestBroker.StartAsync();
        await CreateTopicAsync(broker, "shared", 4);
        using var first = Consumer(broker, "pair");
        using var second = Consumer(broker, "pair");
        first.Subscribe("shared");
        second.Subscribe("shared");
        await PollUntilAsync(() => first.Assignment.Count == 2 && second.Assignment.Count == 2, first, second);

        first.Assignment.Intersect(second.Assignment).ShouldBeEmpty();
        broker.Broker.Describe().Groups.Single().Members.ShouldBe(2);

        second.Close();
        await PollUntilAsync(() => first.Assignment.Count == 4, first);
        first.Close();
        broker.Broker.Describe().Groups.ShouldAllBe(group => group.Members == 0);
    }

    [Fact]
    public async Task A_member_that_dies_without_leaving_is_replaced_after_its_session()
    {
        await using var broker = await TestBroker.StartAsync();
        await CreateTopicAsync(broker, "shared", 2);

        // A member is admitted by hand and never heard of again.
        var group = broker.Broker.State.Groups.FindOrCreate("orphans")!;
        byte[] subscription = [0, 0, 0, 0, 0, 1, 0, 6, .. "shared"u8, 0xff, 0xff, 0xff, 0xff];
        _ = group.JoinAsync(new Mesh.Broker.Groups.JoinRequest("", null, "consumer", [new Mesh.Broker.Groups.JoinProtocol("range", subscription), new Mesh.Broker.Groups.JoinProtocol("roundrobin", subscription)])
        {
            SessionTimeout = TimeSpan.FromMilliseconds(500),
            RebalanceTimeout = TimeSpan.FromMilliseconds(500),
            ClientId = "ghost",
            ClientHost = "nowhere",
            MemberIdFirst = false,
        });
        using var survivor = Consumer(broker, "orphans");
        survivor.Subscribe("shared");

        await PollUntilAsync(() => survivor.Assignment.Count == 2, survivor);
        broker.Broker.Describe().Groups.Single().Members.ShouldBe(1);
        survivor.Close();
    }

    [Fact]
    public async Task A_fetch_waits_for_the_next_record_and_wakes_on_it()
    {
        await using var broker = await TestBroker.StartAsync();
        await CreateTopicAsync(broker, "slow", 1);
        using var consumer = new ConsumerBuilder<string, string>(new ConsumerConfig { BootstrapServers = broker.Bootstrap, GroupId = "g", FetchWaitMaxMs = 30_000 }).Build();
        consumer.Assign(new TopicPartitionOffset("slow", 0, 0));
        consumer.Consume(TimeSpan.FromMilliseconds(500)).ShouldBeNull();
        using var producer = Producer(broker);
        long started = Environment.TickCount64;
        await producer.ProduceAsync("slow", new Message<string, string> { Value = "at last" }, Cancellation);

        consumer.Consume(TimeSpan.FromSeconds(25))!.Message.Value.ShouldBe("at last");
        (Environment.TickCount64 - started).ShouldBeLessThan(25_000, "the fetch was asked to wait up to 30 s");
    }

    [Fact]
    public async Task A_message_near_the_limit_passes_and_one_beyond_it_is_refused()
    {
        await using var broker = await TestBroker.StartAsync(options => options with { MaxMessageBytes = 4 << 20 });
        var config = new ProducerConfig { BootstrapServers = broker.Bootstrap, MessageMaxBytes = 16 << 20 };
        using var producer = new ProducerBuilder<Null, byte[]>(config).Build();
        byte[] payload = new byte[(4 << 20) - 1_000];
        Random.Shared.NextBytes(payload);
        await producer.ProduceAsync("large", new Message<Null, byte[]> { Value = payload }, Cancellation);
        var refused = await Should.ThrowAsync<ProduceException<Null, byte[]>>(() => producer.ProduceAsync("large", new Message<Null, byte[]> { Value = new byte[5 << 20] }, Cancellation));

        // The consumer's limit is far below the batch, which must come whole all the same.
        using var consumer = new ConsumerBuilder<Null, byte[]>(new ConsumerConfig { BootstrapServers = broker.Bootstrap, GroupId = "g", FetchMaxBytes = 1_000_000, MessageMaxBytes = 1_000_000, MaxPartitionFetchBytes = 1_000 }).Build();
        consumer.Assign(new TopicPartitionOffset("large", 0, 0));
        consumer.Consume(TimeSpan.FromSeconds(20))!.Message.Value.ShouldBe(payload);
        refused.Error.Code.ShouldBe(ErrorCode.MsgSizeTooLarge);
    }

    [Fact]
    public async Task Topics_are_created_described_and_deleted_through_the_admin_client()
    {
        await using var broker = await TestBroker.StartAsync();
        using var admin = Admin(broker);
        await admin.CreateTopicsAsync([new TopicSpecification { Name = "made", NumPartitions = 5, ReplicationFactor = 1, Configs = new() { ["retention.ms"] = "60000" } }]);
        var again = await Should.ThrowAsync<CreateTopicsException>(() => admin.CreateTopicsAsync([new TopicSpecification { Name = "made", NumPartitions = 1 }]));
        var bad = await Should.ThrowAsync<CreateTopicsException>(() => admin.CreateTopicsAsync([new TopicSpecification { Name = "../../etc/passwd", NumPartitions = 1 }]));
        var settings = await admin.DescribeConfigsAsync([new ConfigResource { Type = ResourceType.Topic, Name = "made" }]);
        int partitions = admin.GetMetadata("made", TimeSpan.FromSeconds(10)).Topics.Single().Partitions.Count;
        await admin.DeleteTopicsAsync(["made"]);

        again.Results.Single().Error.Code.ShouldBe(ErrorCode.TopicAlreadyExists);
        bad.Results.Single().Error.Code.ShouldBe(ErrorCode.TopicException);
        settings.Single().Entries["retention.ms"].Value.ShouldBe("60000");
        partitions.ShouldBe(5);
        broker.Broker.Describe().Topics.ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(Path.Combine(broker.DataFolder, "topics")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Offsets_by_time_point_at_the_first_record_that_is_not_older()
    {
        await using var broker = await TestBroker.StartAsync();
        using var producer = Producer(broker);
        for (int i = 0; i < 100; i++)
        {
            var time = new Timestamp(1_700_000_000_000 + (i * 1_000), TimestampType.CreateTime);
            producer.Produce("timed", new Message<string, string> { Value = i.ToString(), Timestamp = time });
        }

        producer.Flush(Cancellation);
        using var consumer = Consumer(broker, "g");
        List<TopicPartitionOffset> Find(long time) => consumer.OffsetsForTimes([new TopicPartitionTimestamp("timed", 0, new Timestamp(time, TimestampType.CreateTime))], TimeSpan.FromSeconds(10));

        Find(1_700_000_000_000 + 41_500).Single().Offset.Value.ShouldBe(42);
        Find(0).Single().Offset.Value.ShouldBe(0);
        Find(1_800_000_000_000).Single().Offset.ShouldBe(Offset.End);
        consumer.QueryWatermarkOffsets(new TopicPartition("timed", 0), TimeSpan.FromSeconds(10)).High.Value.ShouldBe(100);
    }

    [Fact]
    public async Task A_topic_nobody_may_create_stays_unknown()
    {
        await using var broker = await TestBroker.StartAsync(options => options with { AutoCreateTopics = false });
        using var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = broker.Bootstrap, MessageTimeoutMs = 10_000, TopicMetadataPropagationMaxMs = 500 }).Build();

        var failed = await Should.ThrowAsync<ProduceException<string, string>>(() => producer.ProduceAsync("absent", new Message<string, string> { Value = "v" }, Cancellation));

        failed.Error.Code.ShouldBeOneOf(ErrorCode.Local_UnknownTopic, ErrorCode.UnknownTopicOrPart, ErrorCode.Local_MsgTimedOut);
        broker.Broker.Describe().Topics.ShouldBeEmpty();
    }

    [Fact]
    public async Task Groups_are_listed()
    {
        await using var broker = await TestBroker.StartAsync();
        using var producer = Producer(broker);
        await producer.ProduceAsync("t", new Message<string, string> { Value = "v" }, Cancellation);
        using var consumer = Consumer(broker, "visible");
        consumer.Subscribe("t");
        Take(consumer, 1);
        using var admin = Admin(broker);

        var group = admin.ListGroup("visible", TimeSpan.FromSeconds(10));

        group.State.ShouldBe("Stable");
        group.Members.Count.ShouldBe(1);
        consumer.Close();
    }

    internal static IProducer<string, string> Producer(TestBroker broker) =>
        new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = broker.Bootstrap, EnableIdempotence = true, LingerMs = 1 }).Build();

    internal static IConsumer<string, string> Consumer(TestBroker broker, string group) =>
        new ConsumerBuilder<string, string>(new ConsumerConfig
        {
            BootstrapServers = broker.Bootstrap,
            GroupId = group,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnableAutoCommit = false,
            HeartbeatIntervalMs = 200,
            SessionTimeoutMs = 10_000,
        }).Build();

    internal static List<ConsumeResult<string, string>> Take(IConsumer<string, string> consumer, int count)
    {
        var results = new List<ConsumeResult<string, string>>();
        while (results.Count < count)
        {
            results.Add(consumer.Consume(TimeSpan.FromSeconds(30)) ?? throw new TimeoutException($"{results.Count} of {count} records came"));
        }

        return results;
    }

    private static IAdminClient Admin(TestBroker broker) => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.Bootstrap }).Build();

    private static async Task CreateTopicAsync(TestBroker broker, string name, int partitions)
    {
        using var admin = Admin(broker);
        await admin.CreateTopicsAsync([new TopicSpecification { Name = name, NumPartitions = partitions, ReplicationFactor = 1 }]);
    }

    private static async Task PollUntilAsync(Func<bool> condition, params IConsumer<string, string>[] consumers)
    {
        for (long end = Environment.TickCount64 + 60_000; !condition(); await Task.Yield())
        {
            Environment.TickCount64.ShouldBeLessThan(end, "the group did not settle");
            foreach (var consumer in consumers) consumer.Consume(TimeSpan.FromMilliseconds(20));
        }
    }
}
