using System.Diagnostics;
using Confluent.Kafka;
using Mesh.Kafka.Events;
using Mesh.Model;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Kafka.Tests;

/// <summary>Against librdkafka's mock cluster, whose groups take three seconds to form.</summary>
public class ProduceAndConsumeTests
{
    private static CancellationToken Timeout => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_arrives_with_key_position_and_trace()
    {
        await using var kafka = new MockKafka((Topics.Uploads, 1));
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        await using var consumer = Reader(kafka, "g");
        using var activity = new Activity("upload").SetIdFormat(ActivityIdFormat.W3C).Start();

        var position = await producer.PublishAsync(Topics.Uploads, "V1", Upload(1), Timeout);
        var consumed = await FirstAsync(consumer);

        position.ShouldBe(new EventPosition(Topics.Uploads, 0, 0));
        consumed.Position.ShouldBe(position);
        consumed.Key.ShouldBe("V1");
        consumed.Value.ShouldBe(Upload(1));
        consumed.Error.ShouldBeNull();
        consumed.TraceParent.ShouldBe(activity.Id);
    }

    [Fact]
    public async Task A_serialised_event_is_the_same_on_the_wire()
    {
        await using var kafka = new MockKafka((Topics.SnapshotCommitted, 1));
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        await using var consumer = new EventConsumer<SnapshotCommitted>(kafka.Options, Topics.SnapshotCommitted, "g", NullLogger.Instance);
        var message = new SnapshotCommitted { Table = "raw.imu", SnapshotId = 5 };

        await producer.PublishAsync(Topics.SnapshotCommitted, "raw.imu", message, Timeout);
        await producer.PublishSerialisedAsync(
            Topics.SnapshotCommitted, "raw.imu", "mesh.events.v1.SnapshotCommitted", Google.Protobuf.MessageExtensions.ToByteArray(message), Timeout);
        var batch = await consumer.ReadBatchAsync(2, long.MaxValue, TimeSpan.FromSeconds(30), Timeout);

        batch.Count.ShouldBe(2);
        batch[1].RawValue.ToArray().ShouldBe(batch[0].RawValue.ToArray());
        batch[1].Value.ShouldBe(message);
    }

    [Fact]
    public async Task A_record_that_is_no_event_is_delivered_with_the_reason_and_reading_goes_on()
    {
        await using var kafka = new MockKafka((Topics.Uploads, 1));
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        await using var consumer = Reader(kafka, "g");
        using (var foreign = new ProducerBuilder<Null, byte[]?>(new ProducerConfig { BootstrapServers = kafka.Options.Bootstrap }).Build())
        {
            await foreign.ProduceAsync(Topics.Uploads, new Message<Null, byte[]?> { Value = "not an event"u8.ToArray() }, Timeout);
            await foreign.ProduceAsync(Topics.Uploads, new Message<Null, byte[]?> { Value = null }, Timeout);
        }

        await producer.PublishAsync(Topics.Uploads, "V1", Upload(1), Timeout);
        var batch = await consumer.ReadBatchAsync(3, long.MaxValue, TimeSpan.FromSeconds(30), Timeout);

        batch.Count.ShouldBe(3);
        batch[0].Error!.ShouldContain("magic");
        batch[0].RawValue.ToArray().ShouldBe("not an event"u8.ToArray());
        batch[1].Error!.ShouldContain("no value");
        batch[2].Value.ShouldBe(Upload(1));
    }

    [Fact]
    public async Task A_group_goes_on_after_what_it_committed_and_never_back()
    {
        await using var kafka = new MockKafka((Topics.Uploads, 1));
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        for (int i = 0; i < 4; i++) await producer.PublishAsync(Topics.Uploads, "V1", Upload(i), Timeout);

        await using (var consumer = Reader(kafka, "g"))
        {
            (await consumer.ReadBatchAsync(4, long.MaxValue, TimeSpan.FromSeconds(30), Timeout)).Count.ShouldBe(4);
            await consumer.CommitAsync(0, 3, Timeout);
            await consumer.CommitAsync(0, 1, Timeout);
        }

        await using var successor = Reader(kafka, "g");
        (await FirstAsync(successor)).Value.ShouldBe(Upload(3));
    }

    [Fact]
    public async Task A_slow_reader_gets_everything_once_and_in_order()
    {
        Require.AtLeast(TestLevel.Default);
        const int Count = 3_000;
        await using var kafka = new MockKafka((Topics.Uploads, 1));
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        await producer.PublishAsync(Topics.Uploads, "V1", Upload(0), Timeout);
        await Task.WhenAll(Enumerable.Range(1, Count - 1).Select(i => producer.PublishAsync(Topics.Uploads, "V1", Upload(i), Timeout)));

        await using var consumer = Reader(kafka, "g");
        int expected = 0;
        await foreach (var consumed in consumer.ReadAsync(Timeout))
        {
            consumed.Value.ShouldBe(Upload(expected++));
            // Long enough for the buffer to fill and the partition to be paused, twice.
            if (expected is 1 or 1_500) await Task.Delay(TimeSpan.FromSeconds(1), Timeout);
            if (expected == Count) break;
        }

        expected.ShouldBe(Count);
    }

    [Fact]
    public async Task Two_members_share_a_topic_and_what_one_leaves_the_other_takes()
    {
        Require.AtLeast(TestLevel.Default);
        await using var kafka = new MockKafka((Topics.Uploads, 4));
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        await using var stays = Reader(kafka, "g");
        var leaves = Reader(kafka, "g");
        for (int i = 0; i < 40; i++) await producer.PublishAsync(Topics.Uploads, $"V{i}", Upload(i), Timeout);

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Timeout);
        HashSet<long> seen = [];
        async Task DrainAsync(EventConsumer<UploadAccepted> consumer)
        {
            try
            {
                await foreach (var consumed in consumer.ReadAsync(enough.Token))
                {
                    lock (seen)
                    {
                        seen.Add(consumed.Value!.SizeBytes);
                        if (seen.Count is 40 or 80) enough.Cancel();
                    }

                    await consumer.CommitAsync(consumed.Position.Partition, consumed.Position.Offset + 1, CancellationToken.None);
                }
            }
            catch (OperationCanceledException) when (!Timeout.IsCancellationRequested)
            {
            }
        }

        await Task.WhenAll(DrainAsync(stays), DrainAsync(leaves));
        seen.Count.ShouldBe(40);

        await leaves.DisposeAsync();
        for (int i = 40; i < 80; i++) await producer.PublishAsync(Topics.Uploads, $"V{i}", Upload(i), Timeout);
        using var second = CancellationTokenSource.CreateLinkedTokenSource(Timeout);
        await foreach (var consumed in stays.ReadAsync(second.Token))
        {
            seen.Add(consumed.Value!.SizeBytes);
            if (seen.Count == 80) break;
        }

        seen.Order().ShouldBe(Enumerable.Range(0, 80).Select(i => (long)i));
    }

    [Fact]
    public async Task A_broker_that_goes_away_is_waited_for_by_producer_reader_and_commit()
    {
        Require.AtLeast(TestLevel.Default);
        await using var kafka = new MockKafka((Topics.Uploads, 1));
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        await using (var consumer = Reader(kafka, "g"))
        {
            await producer.PublishAsync(Topics.Uploads, "V1", Upload(0), Timeout);
            await FirstAsync(consumer);

            kafka.TakeDown();
            var published = producer.PublishAsync(Topics.Uploads, "V1", Upload(1), Timeout);
            var committed = consumer.CommitAsync(0, 1, Timeout).AsTask();
            await Task.Delay(TimeSpan.FromSeconds(1), Timeout);
            published.IsCompleted.ShouldBeFalse();
            kafka.BringUp();

            await published;
            (await FirstAsync(consumer)).Value.ShouldBe(Upload(1));
            await committed;
        }

        await using var successor = Reader(kafka, "g");
        (await FirstAsync(successor)).Value.ShouldBe(Upload(1));
    }

    [Fact]
    public async Task Stopping_is_quick_even_while_the_broker_is_away()
    {
        await using var kafka = new MockKafka((Topics.Uploads, 1));
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        var consumer = Reader(kafka, "g");
        await producer.PublishAsync(Topics.Uploads, "V1", Upload(0), Timeout);
        await FirstAsync(consumer);
        kafka.TakeDown();
        await Task.Delay(500, Timeout);
        var committed = consumer.CommitAsync(0, 1, Timeout).AsTask();

        var clock = Stopwatch.StartNew();
        await consumer.DisposeAsync();

        TestContext.Current.TestOutputHelper?.WriteLine($"stopped after {clock.ElapsedMilliseconds} ms");
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
        var exception = await Should.ThrowAsync<MeshException>(() => committed);
        exception.Code.ShouldBe("MESH7105");
        exception.IsTransient.ShouldBeTrue();
    }

    [Fact]
    public async Task A_consumer_that_was_never_read_from_stops_at_once() =>
        await new EventConsumer<UploadAccepted>(new KafkaOptions { Bootstrap = "127.0.0.1:1" }, Topics.Uploads, "g", NullLogger.Instance).DisposeAsync();

    [Fact]
    public async Task Settings_the_client_refuses_end_reading_with_the_remedy()
    {
        await using var consumer = new EventConsumer<UploadAccepted>(
            new KafkaOptions { TlsCaFile = "/does/not/exist.pem" }, Topics.Uploads, "g", NullLogger.Instance);

        var exception = await Should.ThrowAsync<MeshException>(() => FirstAsync(consumer));

        exception.Code.ShouldBe("MESH7106");
        exception.Message.ShouldContain("kafka.tlsCaFile");
    }

    [Fact]
    public async Task An_event_larger_than_the_log_takes_is_not_worth_a_retry()
    {
        await using var kafka = new MockKafka((Topics.Uploads, 1));
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);

        var exception = await Should.ThrowAsync<MeshException>(
            () => producer.PublishAsync(Topics.Uploads, "V1", new UploadAccepted { FileName = new string('x', 2_000_000) }, Timeout));

        exception.Code.ShouldBe("MESH7103");
        exception.IsTransient.ShouldBeFalse();
    }

    [Fact]
    public async Task A_log_that_never_answers_is_a_transient_failure_naming_the_option()
    {
        Require.AtLeast(TestLevel.Ci);
        await using var registry = new MockRegistry();
        await using var producer = new EventProducer(
            new KafkaOptions { Bootstrap = "127.0.0.1:1", SchemaRegistryUrl = registry.Url }, NullLogger.Instance);

        var exception = await Should.ThrowAsync<MeshException>(() => producer.PublishAsync(Topics.Uploads, "V1", Upload(1), Timeout));

        exception.Code.ShouldBe("MESH7101");
        exception.IsTransient.ShouldBeTrue();
        exception.Message.ShouldContain("127.0.0.1:1");
        exception.Message.ShouldContain("kafka.bootstrap");
    }

    private static EventConsumer<UploadAccepted> Reader(MockKafka kafka, string group) =>
        new(kafka.Options, Topics.Uploads, group, NullLogger.Instance);

    private static UploadAccepted Upload(int number) => new() { VehicleId = "V1", SizeBytes = number };

    private static async Task<ConsumedEvent<T>> FirstAsync<T>(EventConsumer<T> consumer)
        where T : class, Google.Protobuf.IMessage<T>, new()
    {
        await foreach (var consumed in consumer.ReadAsync(Timeout)) return consumed;
        throw new InvalidOperationException("Reading ended.");
    }
}
