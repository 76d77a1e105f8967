using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Mesh.Broker.Tests.Support;

namespace Mesh.Broker.Tests.Clients;

/// <summary>Consumer groups as Confluent.Kafka uses and administers them.</summary>
public class GroupClientTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_static_member_that_restarts_within_its_session_gets_its_partitions_back_without_a_rebalance()
    {
        await using var broker = await TestBroker.StartAsync();
        await TransactionTests.CreateTopicAsync(broker, "t", 4);
        using var other = Member(broker, "two", "cooperative");
        other.Subscribe("t");
        var restarted = Member(broker, "one", "cooperative");
        restarted.Subscribe("t");
        await SettleAsync(() => restarted.Assignment.Count == 2 && other.Assignment.Count == 2, restarted, other);
        var before = restarted.Assignment.Order().ToList();
        int generation = Generation(broker);
        restarted.Close();
        restarted.Dispose();

        using var again = Member(broker, "one", "cooperative");
        again.Subscribe("t");
        await SettleAsync(() => again.Assignment.Count == 2, again, other);

        again.Assignment.Order().ShouldBe(before);
        Generation(broker).ShouldBe(generation);
        again.Close();
        other.Close();
    }

    [Theory]
    [InlineData("eager")]
    [InlineData("cooperative")]
    public async Task Members_of_a_group_go_on_where_they_were_after_the_broker_was_restarted(string style)
    {
        await using var broker = await TestBroker.StartAsync();
        await TransactionTests.CreateTopicAsync(broker, "t", 4);
        using var first = Member(broker, null, style);
        using var second = Member(broker, null, style);
        first.Subscribe("t");
        second.Subscribe("t");
        await SettleAsync(() => first.Assignment.Count == 2 && second.Assignment.Count == 2, first, second);
        using var producer = ConfluentClientTests.Producer(broker);
        var seen = new List<string>();
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < 40; i++) await producer.ProduceAsync(new TopicPartition("t", i % 4), TransactionTests.Message($"{round}-{i}"), Cancellation);
            for (long end = Environment.TickCount64 + 60_000; seen.Count < 40 * (round + 1);)
            {
                Environment.TickCount64.ShouldBeLessThan(end, $"{seen.Count} records came");
                foreach (var member in new[] { first, second })
                {
                    if (member.Consume(TimeSpan.FromMilliseconds(20)) is not { } record) continue;
                    seen.Add(record.Message.Value);
                    try
                    {
                        member.Commit(record);
                    }
                    catch (KafkaException e) when (e.Error.Code is ErrorCode.UnknownMemberId or ErrorCode.IllegalGeneration or ErrorCode.RebalanceInProgress)
                    {
                        // The partition is with another member now, who will read the record once more.
                        seen.RemoveAt(seen.Count - 1);
                    }
                }
            }

            if (round == 0) await broker.RestartAsync();
        }

        seen.Distinct().Count().ShouldBe(80);
        first.Close();
        second.Close();
    }

    [Fact]
    public async Task A_group_and_single_offsets_of_it_are_deleted_through_the_admin_client()
    {
        await using var broker = await TestBroker.StartAsync();
        await TransactionTests.CreateTopicAsync(broker, "t", 1);
        await TransactionTests.CreateTopicAsync(broker, "other", 1);
        using (var producer = ConfluentClientTests.Producer(broker)) await producer.ProduceAsync("t", TransactionTests.Message("v"), Cancellation);
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.Bootstrap }).Build();
        using var consumer = ConfluentClientTests.Consumer(broker, "g");
        consumer.Subscribe("t");
        ConfluentClientTests.Take(consumer, 1);
        consumer.Commit([new TopicPartitionOffset("t", 0, 1), new TopicPartitionOffset("other", 0, 5)]);

        var full = await Should.ThrowAsync<DeleteGroupsException>(() => admin.DeleteGroupsAsync(["g"]));
        full.Results.Single().Error.Code.ShouldBe(ErrorCode.NonEmptyGroup);
        var subscribed = await Should.ThrowAsync<DeleteConsumerGroupOffsetsException>(() => admin.DeleteConsumerGroupOffsetsAsync("g", [new TopicPartition("t", 0), new TopicPartition("other", 0)]));
        subscribed.Result.Partitions.Single(partition => partition.Topic == "t").Error.Code.ShouldBe(ErrorCode.GroupSubscribedToTopic);
        broker.Broker.State.Offsets.OfGroup("g").Select(offset => offset.Topic).ShouldBe(["t"]);

        consumer.Close();
        await admin.DeleteGroupsAsync(["g"]);
        broker.Broker.Describe().Groups.ShouldBeEmpty();
        var gone = await Should.ThrowAsync<DeleteGroupsException>(() => admin.DeleteGroupsAsync(["g"]));
        gone.Results.Single().Error.Code.ShouldBe(ErrorCode.GroupIdNotFound);
    }

    private static IConsumer<string, string> Member(TestBroker broker, string? instance, string style) =>
        new ConsumerBuilder<string, string>(new ConsumerConfig
        {
            BootstrapServers = broker.Bootstrap,
            GroupId = "members",
            GroupInstanceId = instance,
            PartitionAssignmentStrategy = style == "eager" ? PartitionAssignmentStrategy.Range : PartitionAssignmentStrategy.CooperativeSticky,
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnableAutoCommit = false,
            HeartbeatIntervalMs = 200,
            SessionTimeoutMs = 30_000,
        }).SetLogHandler(static (_, _) => { }).Build();

    private static int Generation(TestBroker broker) => broker.Broker.State.Groups.Find("members")!.Generation;

    private static async Task SettleAsync(Func<bool> condition, params IConsumer<string, string>[] consumers)
    {
        for (long end = Environment.TickCount64 + 60_000; !condition(); await Task.Yield())
        {
            Environment.TickCount64.ShouldBeLessThan(end, "the group did not settle");
            foreach (var consumer in consumers) consumer.Consume(TimeSpan.FromMilliseconds(20));
        }
    }
}
