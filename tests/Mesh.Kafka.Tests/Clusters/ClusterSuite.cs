using Confluent.Kafka;
using Mesh.Kafka.Events;
using Mesh.Model;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Kafka.Tests.Clusters;

/// <summary>What Mesh asks of an event log, tried on any: topics have names of their own and are deleted afterwards.</summary>
public abstract class ClusterSuite
{
    protected static CancellationToken Timeout => TestContext.Current.CancellationToken;

    /// <summary>The cluster; a suite whose cluster is not there skips.</summary>
    protected abstract ValueTask<TestCluster> ConnectAsync();

    [Fact]
    public async Task Events_arrive_once_in_the_order_of_their_key_with_their_envelope()
    {
        await using var cluster = await ConnectAsync();
        await using var admin = new TopicAdmin(cluster.Options, NullLogger.Instance);
        await using var producer = new EventProducer(cluster.Options, NullLogger.Instance);
        string topic = await cluster.CreateTopicAsync(admin, 3);

        await producer.PublishAsync(topic, "V0", Upload(0), Timeout);
        await Task.WhenAll(Enumerable.Range(1, 599).Select(i => producer.PublishAsync(topic, $"V{i % 20}", Upload(i), Timeout)));
        await using var consumer = new EventConsumer<UploadAccepted>(cluster.Options, topic, cluster.NewName("group"), NullLogger.Instance);
        var read = await TakeAsync(consumer, 600);

        read.Select(consumed => consumed.Value!.SizeBytes).Order().ShouldBe(Enumerable.Range(0, 600).Select(i => (long)i));
        foreach (var key in read.GroupBy(consumed => consumed.Key)) key.Select(consumed => consumed.Value!.SizeBytes).ShouldBeInOrder();
        read.Select(consumed => consumed.Position.Partition).Distinct().Count().ShouldBe(3);
        read.Select(consumed => consumed.CloudEvent!.Id).Distinct().Count().ShouldBe(600);
        read.ShouldAllBe(consumed => consumed.CloudEvent!.Type == "mesh.events.v1.UploadAccepted" && consumed.TraceParent != null);
    }

    [Fact]
    public async Task A_group_goes_on_after_what_it_committed_and_can_be_set_back()
    {
        await using var cluster = await ConnectAsync();
        await using var admin = new TopicAdmin(cluster.Options, NullLogger.Instance);
        await using var producer = new EventProducer(cluster.Options, NullLogger.Instance);
        string topic = await cluster.CreateTopicAsync(admin, 1);
        string group = cluster.NewName("group");
        for (int i = 0; i < 5; i++) await producer.PublishAsync(topic, "V1", Upload(i), Timeout);

        await using (var consumer = new EventConsumer<UploadAccepted>(cluster.Options, topic, group, NullLogger.Instance))
        {
            await TakeAsync(consumer, 5);
            await consumer.CommitAsync(0, 3, Timeout);
            await consumer.CommitAsync(0, 1, Timeout);
        }

        (await admin.DescribeGroupAsync(group, Timeout)).Single(lag => lag.Topic == topic).ShouldBe(new GroupLag(group, topic, 0, 3, 2));
        (await admin.ListGroupsAsync(Timeout)).Select(summary => summary.Name).ShouldContain(group);
        await using (var successor = new EventConsumer<UploadAccepted>(cluster.Options, topic, group, NullLogger.Instance))
        {
            (await TakeAsync(successor, 1))[0].Value.ShouldBe(Upload(3));
        }

        (await admin.ResetOffsetsAsync(group, topic, TailStart.At(1), Timeout)).Single().CommittedOffset.ShouldBe(1);
        await using var again = new EventConsumer<UploadAccepted>(cluster.Options, topic, group, NullLogger.Instance);
        (await TakeAsync(again, 1))[0].Value.ShouldBe(Upload(1));
    }

    [Fact]
    public async Task Two_members_share_a_topic_and_what_one_leaves_the_other_takes()
    {
        await using var cluster = await ConnectAsync();
        await using var admin = new TopicAdmin(cluster.Options, NullLogger.Instance);
        await using var producer = new EventProducer(cluster.Options, NullLogger.Instance);
        string topic = await cluster.CreateTopicAsync(admin, 4);
        string group = cluster.NewName("group");
        await using var stays = new EventConsumer<UploadAccepted>(cluster.Options, topic, group, NullLogger.Instance);
        var leaves = new EventConsumer<UploadAccepted>(cluster.Options, topic, group, NullLogger.Instance);
        for (int i = 0; i < 40; i++) await producer.PublishAsync(topic, $"V{i}", Upload(i), Timeout);

        HashSet<long> seen = [];
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Timeout);
        async Task DrainAsync(EventConsumer<UploadAccepted> consumer)
        {
            try
            {
                await foreach (var consumed in consumer.ReadAsync(enough.Token))
                {
                    await consumer.CommitAsync(consumed.Position.Partition, consumed.Position.Offset + 1, CancellationToken.None);
                    lock (seen)
                    {
                        seen.Add(consumed.Value!.SizeBytes);
                        if (seen.Count == 40) enough.Cancel();
                    }
                }
            }
            catch (OperationCanceledException) when (!Timeout.IsCancellationRequested)
            {
            }
        }

        await Task.WhenAll(DrainAsync(stays), DrainAsync(leaves));
        await leaves.DisposeAsync();
        for (int i = 40; i < 80; i++) await producer.PublishAsync(topic, $"V{i}", Upload(i), Timeout);
        await foreach (var consumed in stays.ReadAsync(Timeout))
        {
            if (seen.Add(consumed.Value!.SizeBytes) && seen.Count == 80) break;
        }

        seen.Order().ShouldBe(Enumerable.Range(0, 80).Select(i => (long)i));
    }

    [Fact]
    public async Task Topics_are_created_described_altered_extended_and_deleted()
    {
        await using var cluster = await ConnectAsync();
        await using var admin = new TopicAdmin(cluster.Options, NullLogger.Instance);
        string topic = await cluster.CreateTopicAsync(admin, 2, ("retention.ms", "3600000"), ("cleanup.policy", "compact"));

        var created = await admin.DescribeAsync(topic, Timeout);
        created.Partitions.Count.ShouldBe(2);
        created.Partitions.ShouldAllBe(partition => partition.Leader >= 0 && partition.InSync.Contains(partition.Leader) && partition.EndOffset == 0);
        created.Settings["retention.ms"].ShouldBe("3600000");
        created.Settings["cleanup.policy"].ShouldBe("compact");

        await admin.AlterAsync(topic, new Dictionary<string, string> { ["max.message.bytes"] = "2000" }, ["cleanup.policy"], Timeout);
        await admin.AddPartitionsAsync(topic, 4, Timeout);
        await UntilAsync(async () => (await admin.ListAsync(Timeout)).GetValueOrDefault(topic) == 4 && !(await admin.DescribeAsync(topic, Timeout)).Settings.ContainsKey("cleanup.policy"));
        var altered = await admin.DescribeAsync(topic, Timeout);
        altered.Settings["max.message.bytes"].ShouldBe("2000");
        altered.Settings["retention.ms"].ShouldBe("3600000");

        (await Should.ThrowAsync<MeshException>(() => admin.CreateAsync(topic, 1, null, new Dictionary<string, string>(), Timeout))).Code.ShouldBe("MESH7107");
        (await Should.ThrowAsync<MeshException>(() => admin.AlterAsync(topic, new Dictionary<string, string> { ["retention.ms"] = "soon" }, [], Timeout))).Code.ShouldBe("MESH7107");
        await admin.EnsureAsync(new Dictionary<string, int> { [topic] = 9 }, Timeout);
        (await admin.ListAsync(Timeout))[topic].ShouldBe(4);

        await admin.DeleteAsync(topic, Timeout);
        await UntilAsync(async () => !(await admin.ListAsync(Timeout)).ContainsKey(topic));
        (await Should.ThrowAsync<MeshException>(() => admin.DescribeAsync(topic, Timeout))).Code.ShouldBe("MESH7108");
    }

    [Fact]
    public async Task An_event_larger_than_the_topic_takes_is_refused_for_good_and_the_next_goes_through()
    {
        await using var cluster = await ConnectAsync();
        await using var admin = new TopicAdmin(cluster.Options, NullLogger.Instance);
        await using var producer = new EventProducer(cluster.Options, NullLogger.Instance);
        string topic = await cluster.CreateTopicAsync(admin, 1, ("max.message.bytes", "5000"));

        var refused = await Should.ThrowAsync<MeshException>(() => producer.PublishAsync(topic, "V1", new UploadAccepted { FileName = new string('x', 20_000) }, Timeout));
        await producer.PublishAsync(topic, "V1", Upload(1), Timeout);

        refused.Code.ShouldBe("MESH7103");
        refused.IsTransient.ShouldBeFalse();
        (await admin.SummariseAsync(Timeout)).Single(summary => summary.Name == topic).Records.ShouldBe(1);
    }

    [Fact]
    public async Task A_topic_is_read_from_a_place_or_a_time_and_its_events_are_readable()
    {
        await using var cluster = await ConnectAsync();
        await using var admin = new TopicAdmin(cluster.Options, NullLogger.Instance);
        await using var producer = new EventProducer(cluster.Options, NullLogger.Instance);
        string topic = await cluster.CreateTopicAsync(admin, 2);
        for (int i = 0; i < 10; i++) await producer.PublishAsync(topic, "V1", Upload(i), Timeout);
        await Task.Delay(20, Timeout);
        var between = DateTimeOffset.UtcNow;
        await Task.Delay(20, Timeout);
        for (int i = 10; i < 15; i++) await producer.PublishAsync(topic, "V1", Upload(i), Timeout);

        (await TailAsync(admin, topic, TailStart.Earliest)).Count.ShouldBe(15);
        (await TailAsync(admin, topic, TailStart.Latest)).ShouldBeEmpty();
        (await TailAsync(admin, topic, TailStart.Before(2))).Count.ShouldBe(2);
        (await TailAsync(admin, topic, TailStart.At(12))).Count.ShouldBe(3);
        var late = await TailAsync(admin, topic, TailStart.Since(between));
        late.Count.ShouldBe(5);
        using var decoder = new EventDecoder(cluster.Options);
        var text = await decoder.DecodeAsync(late[0], Timeout);
        text.Form.ShouldBe(RecordForm.Event);
        text.Text.ShouldBe("""{ "vehicle_id": "V1", "size_bytes": "10" }""");
    }

    [Fact]
    public async Task Records_of_a_transaction_that_was_aborted_are_not_read()
    {
        await using var cluster = await ConnectAsync();
        await using var admin = new TopicAdmin(cluster.Options, NullLogger.Instance);
        await using var producer = new EventProducer(cluster.Options, NullLogger.Instance);
        string topic = await cluster.CreateTopicAsync(admin, 1);
        var config = ClientSettings.For(cluster.Options, new ProducerConfig());
        config.TransactionalId = cluster.NewName("transaction");
        using (var transactional = new ProducerBuilder<string, string>(config).Build())
        {
            transactional.InitTransactions(TimeSpan.FromSeconds(30));
            transactional.BeginTransaction();
            await transactional.ProduceAsync(topic, new Message<string, string> { Key = "k", Value = "aborted" }, Timeout);
            transactional.AbortTransaction();
            transactional.BeginTransaction();
            await transactional.ProduceAsync(topic, new Message<string, string> { Key = "k", Value = "committed" }, Timeout);
            transactional.CommitTransaction();
        }

        await producer.PublishAsync(topic, "V1", Upload(1), Timeout);
        await using var consumer = new EventConsumer<UploadAccepted>(cluster.Options, topic, cluster.NewName("group"), NullLogger.Instance);
        var read = await TakeAsync(consumer, 2);

        System.Text.Encoding.UTF8.GetString(read[0].RawValue.Span).ShouldBe("committed");
        read[1].Value.ShouldBe(Upload(1));
        (await TailAsync(admin, topic, TailStart.Earliest)).Count.ShouldBe(2);
    }

    private static UploadAccepted Upload(int number) => new() { VehicleId = "V1", SizeBytes = number };

    private static async Task<List<ConsumedEvent<UploadAccepted>>> TakeAsync(EventConsumer<UploadAccepted> consumer, int count)
    {
        List<ConsumedEvent<UploadAccepted>> taken = [];
        await foreach (var consumed in consumer.ReadAsync(Timeout))
        {
            taken.Add(consumed);
            if (taken.Count == count) break;
        }

        return taken;
    }

    private static async Task<List<LogRecord>> TailAsync(TopicAdmin admin, string topic, TailStart start)
    {
        List<LogRecord> records = [];
        await foreach (var record in admin.TailAsync(topic, start, follow: false, Timeout)) records.Add(record);
        return records;
    }

    // A cluster tells of changes when all its brokers know them.
    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Timeout);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!await condition()) await Task.Delay(100, patience.Token);
    }
}
