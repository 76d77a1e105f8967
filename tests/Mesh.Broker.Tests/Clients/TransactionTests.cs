using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Mesh.Broker.Tests.Support;
using TransactionState = Mesh.Broker.Transactions.TransactionState;

namespace Mesh.Broker.Tests.Clients;

/// <summary>Transactions as Confluent.Kafka does them.</summary>
public class TransactionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Committed_records_are_read_aborted_ones_only_by_who_reads_everything()
    {
        await using var broker = await TestBroker.StartAsync();
        await CreateTopicAsync(broker, "t", 2);
        using var producer = Producer(broker, "tx");
        producer.InitTransactions(Patience);
        for (int round = 0; round < 6; round++)
        {
            producer.BeginTransaction();
            for (int i = 0; i < 10; i++) producer.Produce(new TopicPartition("t", i % 2), Message($"{round}-{i}"));

            // What is still in the client's queue at an abort would never be sent.
            producer.Flush(Cancellation);
            if (round % 2 == 0) producer.CommitTransaction(Patience);
            else producer.AbortTransaction(Patience);
        }

        var all = Enumerable.Range(0, 6).SelectMany(round => Enumerable.Range(0, 10).Select(i => $"{round}-{i}")).ToList();
        ReadAll(broker, "t", IsolationLevel.ReadCommitted).ShouldBe(all.Where(value => (value[0] - '0') % 2 == 0), ignoreOrder: true);
        ReadAll(broker, "t", IsolationLevel.ReadUncommitted).ShouldBe(all, ignoreOrder: true);
    }

    [Fact]
    public async Task An_open_transaction_is_not_read_and_holds_back_what_comes_after_it_until_it_ends()
    {
        await using var broker = await TestBroker.StartAsync();
        await CreateTopicAsync(broker, "t", 1);
        using var producer = Producer(broker, "tx");
        using var plain = ConfluentClientTests.Producer(broker);
        producer.InitTransactions(Patience);
        producer.BeginTransaction();
        await producer.ProduceAsync("t", Message("open"), Cancellation);
        await plain.ProduceAsync("t", Message("after"), Cancellation);

        ReadAll(broker, "t", IsolationLevel.ReadCommitted).ShouldBeEmpty();
        ReadAll(broker, "t", IsolationLevel.ReadUncommitted).ShouldBe(["open", "after"]);
        producer.CommitTransaction(Patience);
        ReadAll(broker, "t", IsolationLevel.ReadCommitted).ShouldBe(["open", "after"]);
    }

    [Fact]
    public async Task Consuming_transforming_and_producing_is_done_exactly_once_though_every_other_attempt_is_aborted()
    {
        await using var broker = await TestBroker.StartAsync();
        await CreateTopicAsync(broker, "in", 1);
        await CreateTopicAsync(broker, "out", 1);
        using (var source = ConfluentClientTests.Producer(broker))
        {
            for (int i = 0; i < 50; i++) source.Produce("in", Message(i.ToString()));
            source.Flush(Cancellation);
        }

        using var producer = Producer(broker, "tx");
        producer.InitTransactions(Patience);
        using var consumer = ConfluentClientTests.Consumer(broker, "copiers");
        consumer.Subscribe("in");
        for (int done = 0, attempt = 0; done < 50; attempt++)
        {
            var batch = ConfluentClientTests.Take(consumer, 10);
            producer.BeginTransaction();
            foreach (var record in batch) producer.Produce("out", Message($"copy of {record.Message.Value}"));
            producer.SendOffsetsToTransaction([new TopicPartitionOffset(batch[^1].TopicPartition, batch[^1].Offset + 1)], consumer.ConsumerGroupMetadata, Patience);
            if (attempt % 2 == 0)
            {
                producer.AbortTransaction(Patience);
                broker.Broker.State.Offsets.Find("copiers", "in", 0)?.Offset.ShouldBe(done);
                consumer.Seek(batch[0].TopicPartitionOffset);
                continue;
            }

            producer.CommitTransaction(Patience);
            done += batch.Count;
            consumer.Committed([new TopicPartition("in", 0)], Patience).Single().Offset.Value.ShouldBe(done);
        }

        consumer.Close();
        ReadAll(broker, "out", IsolationLevel.ReadCommitted).ShouldBe(Enumerable.Range(0, 50).Select(i => $"copy of {i}"));
    }

    [Fact]
    public async Task A_producer_whose_id_was_taken_over_can_neither_write_nor_commit()
    {
        await using var broker = await TestBroker.StartAsync();
        await CreateTopicAsync(broker, "t", 1);
        using var zombie = Producer(broker, "tx");
        zombie.InitTransactions(Patience);
        zombie.BeginTransaction();
        await zombie.ProduceAsync("t", Message("zombie"), Cancellation);
        using var heir = Producer(broker, "tx");
        heir.InitTransactions(Patience);

        var error = Should.Throw<KafkaException>(() => zombie.CommitTransaction(Patience));
        error.Error.IsFatal.ShouldBeTrue();
        error.Error.Code.ShouldBe(ErrorCode.Local_Fenced);
        heir.BeginTransaction();
        await heir.ProduceAsync("t", Message("heir"), Cancellation);
        heir.CommitTransaction(Patience);
        ReadAll(broker, "t", IsolationLevel.ReadCommitted).ShouldBe(["heir"]);
    }

    [Fact]
    public async Task A_transaction_that_its_producer_left_open_is_aborted_when_its_time_is_over()
    {
        await using var broker = await TestBroker.StartAsync();
        await CreateTopicAsync(broker, "t", 1);
        using var producer = Producer(broker, "tx", timeoutMs: 5_000);
        using var plain = ConfluentClientTests.Producer(broker);
        producer.InitTransactions(Patience);
        producer.BeginTransaction();
        await producer.ProduceAsync("t", Message("late"), Cancellation);
        await plain.ProduceAsync("t", Message("after"), Cancellation);
        for (long end = Environment.TickCount64 + 30_000; broker.Broker.State.Transactions.Find("tx")!.State != TransactionState.CompleteAbort; await Task.Delay(50, Cancellation))
        {
            Environment.TickCount64.ShouldBeLessThan(end, "the transaction was not aborted");
        }

        ReadAll(broker, "t", IsolationLevel.ReadCommitted).ShouldBe(["after"]);
        Should.Throw<KafkaException>(() => producer.CommitTransaction(Patience));
    }

    [Fact]
    public async Task A_transaction_goes_on_over_a_restart_of_the_broker()
    {
        await using var broker = await TestBroker.StartAsync();
        await CreateTopicAsync(broker, "t", 1);
        using var producer = Producer(broker, "tx");
        producer.InitTransactions(Patience);
        producer.BeginTransaction();
        await producer.ProduceAsync("t", Message("before"), Cancellation);
        await broker.RestartAsync();
        await producer.ProduceAsync("t", Message("after"), Cancellation);
        ReadAll(broker, "t", IsolationLevel.ReadCommitted).ShouldBeEmpty();
        producer.CommitTransaction(Patience);

        ReadAll(broker, "t", IsolationLevel.ReadCommitted).ShouldBe(["before", "after"]);
    }

    [Fact]
    public async Task What_is_open_in_a_partition_and_unknown_to_the_coordinator_does_not_hold_up_readers_for_ever()
    {
        await using var broker = await TestBroker.StartAsync();
        await CreateTopicAsync(broker, "t", 1);
        using var producer = Producer(broker, "tx");
        producer.InitTransactions(Patience);
        producer.BeginTransaction();
        await producer.ProduceAsync("t", Message("orphan"), Cancellation);
        await broker.Broker.StopAsync();
        File.Delete(Path.Combine(broker.DataFolder, "transactions", "transactions.log"));
        await broker.RestartAsync();
        using var plain = ConfluentClientTests.Producer(broker);
        await plain.ProduceAsync("t", Message("after"), Cancellation);

        ReadAll(broker, "t", IsolationLevel.ReadCommitted).ShouldBe(["after"]);
    }

    internal static IProducer<string, string> Producer(TestBroker broker, string id, int timeoutMs = 60_000) =>
        new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = broker.Bootstrap, TransactionalId = id, TransactionTimeoutMs = timeoutMs, LingerMs = 1, MessageTimeoutMs = timeoutMs })
            .SetLogHandler(static (_, _) => { }).Build();

    internal static Message<string, string> Message(string value) => new() { Key = "k", Value = value };

    /// <summary>Everything that a consumer of this isolation level gets to the end of the topic.</summary>
    internal static List<string> ReadAll(TestBroker broker, string topic, IsolationLevel isolation) => ReadAll(broker.Broker, topic, isolation);

    /// <summary>Everything that a consumer of this isolation level gets to the end of the topic.</summary>
    internal static List<string> ReadAll(KafkaBroker broker, string topic, IsolationLevel isolation)
    {
        using var consumer = new ConsumerBuilder<string, string>(new ConsumerConfig
        {
            BootstrapServers = broker.Bootstrap,
            GroupId = "reader",
            IsolationLevel = isolation,
            EnablePartitionEof = true,
            EnableAutoCommit = false,
        }).Build();
        int partitions = broker.State.Topics.Find(topic)!.Partitions.Count;
        consumer.Assign(Enumerable.Range(0, partitions).Select(partition => new TopicPartitionOffset(topic, partition, 0)));
        var values = new List<string>();
        for (int ended = 0; ended < partitions;)
        {
            var result = consumer.Consume(Patience).ShouldNotBeNull();
            if (result.IsPartitionEOF) ended++;
            else values.Add(result.Message.Value);
        }

        return values;
    }

    internal static async Task CreateTopicAsync(TestBroker broker, string name, int partitions)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.Bootstrap }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = name, NumPartitions = partitions, ReplicationFactor = 1 }]);
    }
}
