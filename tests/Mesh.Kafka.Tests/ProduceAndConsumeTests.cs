using System.Diagnostics;
using Confluent.Kafka;
using Mesh.Kafka.Events;
using Mesh.Model;
using Microsoft.Extensions.Logging.Abstractions;
using static Mesh.Kafka.Tests.Readers;

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
            Topics.SnapshotCommitted, "raw.imu", "mesh.events.v1.SnapshotCommitted", Google.Protobuf.MessageExtensions.ToByteArray(message), null, Timeout);
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
    public async Task An_event_larger_than_the_log_takes_is_not_worth_a_retry()
    {
        await using var kafka = new MockKafka((Topics.Uploads, 1));
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);

        var exception = await Should.ThrowAsync<MeshException>(
            () => producer.PublishAsync(Topics.Uploads, "V1", new UploadAccepted { FileName = new string('x', 2_000_000) }, Timeout));

        exception.Code.ShouldBe("MESH7103");
        exception.IsTransient.ShouldBeFalse();
    }
}
