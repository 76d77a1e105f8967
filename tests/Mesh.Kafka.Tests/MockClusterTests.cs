using System.Collections.Concurrent;
using Mesh.Kafka.Events;
using Mesh.Model;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using static Mesh.Kafka.Tests.Readers;

namespace Mesh.Kafka.Tests;

/// <summary>
/// Producer and consumer on librdkafka's mock cluster of three brokers, through what happens on a cluster: errors, leaders and coordinators
/// that move, brokers that go down, long ways. What was acknowledged is there, the events of a key are in order, and none is there twice
/// that the producer sent once.
/// </summary>
public class MockClusterTests
{
    private const int Keys = 6;
    private const int EventsOfKey = 30;
    private const short Produce = 0;

    private static CancellationToken Timeout => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("not the leader", 6, 6, 6)]
    [InlineData("no leader", 5, 5)]
    [InlineData("no such topic yet", 3)]
    [InlineData("too few replicas", 19, 19)]
    [InlineData("timed out", 7, 7)]
    [InlineData("one after the other", 6, 19, 7, 5, 6)]
    public async Task Errors_that_a_retry_mends_are_not_seen(string what, params int[] errors)
    {
        Require.AtLeast(TestLevel.Default);
        TestContext.Current.TestOutputHelper?.WriteLine(what);
        await using var kafka = new MockKafka(3, (Topics.Uploads, 3));
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        await producer.PublishAsync(Topics.Uploads, "first", Upload(-1), Timeout);
        kafka.FailNext(Produce, errors);

        await PublishAsync(producer);

        ShouldBeInOrderOnce(await ReadToEndAsync(kafka));
    }

    [Fact]
    public async Task A_producer_that_has_failed_for_good_says_so_and_is_replaced()
    {
        Require.AtLeast(TestLevel.Default);
        await using var kafka = new MockKafka(3, (Topics.Uploads, 1));
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        await producer.PublishAsync(Topics.Uploads, "V1", Upload(0), Timeout);
        // The broker has another sequence than the producer: it may never send again.
        kafka.FailNext(Produce, 45);

        List<MeshException> failures = [];
        for (int i = 1; i <= 3; i++)
        {
            while (true)
            {
                try
                {
                    await producer.PublishAsync(Topics.Uploads, "V1", Upload(i), Timeout);
                    break;
                }
                catch (MeshException exception) when (exception.IsTransient && failures.Count < 10)
                {
                    failures.Add(exception);
                }
            }
        }

        failures.ShouldNotBeEmpty();
        failures.ShouldAllBe(failure => failure.Code == "MESH7101");
        (await ReadToEndAsync(kafka)).Select(consumed => consumed.Value!.SizeBytes).Distinct().Order().ShouldBe([0L, 1, 2, 3]);
    }

    [Fact]
    public async Task An_event_that_the_broker_finds_too_large_does_not_hold_up_the_others()
    {
        Require.AtLeast(TestLevel.Default);
        await using var kafka = new MockKafka(3, (Topics.Uploads, 3));
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        await producer.PublishAsync(Topics.Uploads, "first", Upload(-1), Timeout);
        kafka.FailNext(Produce, 10);

        var refused = await Should.ThrowAsync<MeshException>(() => producer.PublishAsync(Topics.Uploads, "first", Upload(-2), Timeout));
        await PublishAsync(producer);

        refused.Code.ShouldBe("MESH7103");
        refused.IsTransient.ShouldBeFalse();
        var read = await ReadToEndAsync(kafka);
        ShouldBeInOrderOnce(read);
        read.ShouldNotContain(consumed => consumed.Value!.SizeBytes == -2);
    }

    [Fact]
    public async Task Leaders_and_the_coordinator_move_while_events_are_published_read_and_committed()
    {
        Require.AtLeast(TestLevel.Default);
        await using var kafka = new MockKafka(3, (Topics.Uploads, 3));
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        ConcurrentDictionary<int, long> next = new();
        await using (var consumer = Reader(kafka, "g"))
        {
            await producer.PublishAsync(Topics.Uploads, "first", Upload(-1), Timeout);
            int moves = 0, count = 0;
            var publishing = PublishAsync(producer, pause: TimeSpan.FromMilliseconds(20), afterEach: () =>
            {
                int move = Interlocked.Increment(ref moves);
                if (move % 20 != 0) return;
                kafka.MoveLeader(Topics.Uploads, move / 20 % 3, 1 + (move / 20 % 3));
                kafka.MoveCoordinator("g", 1 + (move / 20 % 3));
            });
            var read = await ReadAsync(consumer, (Keys * EventsOfKey) + 1, async consumed =>
            {
                // Waiting for every commit would read the partitions at the coordinator's pace.
                next[consumed.Position.Partition] = consumed.Position.Offset + 1;
                if (++count % 10 != 0 && count <= Keys * EventsOfKey) return;
                foreach (var (partition, offset) in next) await consumer.CommitAsync(partition, offset, Timeout);
            });
            await publishing;

            ShouldBeInOrderOnce(read);
            moves.ShouldBe(Keys * EventsOfKey);
        }

        // What was committed is not read again, whichever coordinator has it now.
        await producer.PublishAsync(Topics.Uploads, "first", Upload(1_000), Timeout);
        await using var successor = Reader(kafka, "g");
        (await FirstAsync(successor)).Value.ShouldBe(Upload(1_000));
    }

    [Fact]
    public async Task Brokers_go_down_one_after_the_other_and_nothing_acknowledged_is_lost()
    {
        Require.AtLeast(TestLevel.Default);
        await using var kafka = new MockKafka(3, (Topics.Uploads, 3));
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        await using var consumer = Reader(kafka, "g");
        await producer.PublishAsync(Topics.Uploads, "first", Upload(-1), Timeout);

        var publishing = PublishAsync(producer, pause: TimeSpan.FromMilliseconds(30));
        for (int broker = 1; broker <= 3; broker++)
        {
            kafka.TakeDown(broker);
            // Another broker leads meanwhile, as a cluster would have it.
            for (int partition = 0; partition < 3; partition++) kafka.MoveLeader(Topics.Uploads, partition, 1 + ((broker + partition % 2) % 3));
            await Task.Delay(TimeSpan.FromMilliseconds(400), Timeout);
            kafka.BringUp(broker);
        }

        await publishing;
        var read = await ReadAsync(consumer, (Keys * EventsOfKey) + 1, distinct: true);

        // The mock does not remember what an idempotent producer has sent, so an answer lost with its connection may leave an event twice;
        // a reader knows it by its identity.
        ShouldBeInOrderOnce([.. read.DistinctBy(consumed => (consumed.CloudEvent!.Source, consumed.CloudEvent.Id))]);
    }

    [Fact]
    public async Task A_long_way_to_the_brokers_only_takes_time()
    {
        Require.AtLeast(TestLevel.Default);
        await using var kafka = new MockKafka(3, (Topics.Uploads, 3));
        kafka.Delay(TimeSpan.FromMilliseconds(150));
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        await using var consumer = Reader(kafka, "g");
        await producer.PublishAsync(Topics.Uploads, "first", Upload(-1), Timeout);

        await PublishAsync(producer, eventsOfKey: 5);
        var read = await ReadAsync(consumer, (Keys * 5) + 1, async consumed => await consumer.CommitAsync(consumed.Position.Partition, consumed.Position.Offset + 1, Timeout));

        ShouldBeInOrderOnce(read, eventsOfKey: 5);
    }

    /// <summary>Publishes the events of each key one after the other, the keys at the same time.</summary>
    private static Task PublishAsync(EventProducer producer, int eventsOfKey = EventsOfKey, TimeSpan pause = default, Action? afterEach = null) =>
        Task.WhenAll(Enumerable.Range(0, Keys).Select(async key =>
        {
            for (int i = 0; i < eventsOfKey; i++)
            {
                await producer.PublishAsync(Topics.Uploads, $"key-{key}", new UploadAccepted { VehicleId = $"key-{key}", SizeBytes = i }, Timeout);
                afterEach?.Invoke();
                if (pause > TimeSpan.Zero) await Task.Delay(pause, Timeout);
            }
        }));

    private static async Task<List<ConsumedEvent<UploadAccepted>>> ReadToEndAsync(MockKafka kafka)
    {
        await using var admin = new TopicAdmin(kafka.Options, NullLogger.Instance);
        List<ConsumedEvent<UploadAccepted>> read = [];
        await foreach (var consumed in admin.ReadToEndAsync<UploadAccepted>(Topics.Uploads, Timeout)) read.Add(consumed);
        return read;
    }

    private static async Task<List<ConsumedEvent<UploadAccepted>>> ReadAsync(
        EventConsumer<UploadAccepted> consumer, int count, Func<ConsumedEvent<UploadAccepted>, Task>? each = null, bool distinct = false)
    {
        List<ConsumedEvent<UploadAccepted>> read = [];
        HashSet<string> ids = [];
        // An event after the last would be one that is there twice.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Timeout);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        try
        {
            await foreach (var consumed in consumer.ReadAsync(patience.Token))
            {
                read.Add(consumed);
                ids.Add(consumed.CloudEvent!.Id);
                if (each is not null) await each(consumed);
                if ((distinct ? ids.Count : read.Count) == count) patience.CancelAfter(TimeSpan.FromSeconds(1));
            }
        }
        catch (OperationCanceledException) when (!Timeout.IsCancellationRequested)
        {
        }

        return read;
    }

    private static void ShouldBeInOrderOnce(List<ConsumedEvent<UploadAccepted>> read, int eventsOfKey = EventsOfKey)
    {
        var keys = read.Where(consumed => consumed.Key.StartsWith("key-", StringComparison.Ordinal)).GroupBy(consumed => consumed.Key).ToList();
        keys.Count.ShouldBe(Keys);
        foreach (var key in keys) key.Select(consumed => consumed.Value!.SizeBytes).ShouldBe(Enumerable.Range(0, eventsOfKey).Select(i => (long)i), key.Key);
    }
}
