using Mesh.Kafka.Events;
using Mesh.Model;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using static Mesh.Kafka.Tests.Readers;

namespace Mesh.Kafka.Tests;

/// <summary>Brokers that are not there, against librdkafka's mock cluster, which can be taken down.</summary>
public class BrokerAwayTests
{
    private static CancellationToken Timeout => TestContext.Current.CancellationToken;

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
    public async Task Stopping_ends_even_while_the_broker_is_away()
    {
        Require.AtLeast(TestLevel.Default);
        await using var kafka = new MockKafka((Topics.Uploads, 1));
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        var consumer = Reader(kafka, "g");
        await producer.PublishAsync(Topics.Uploads, "V1", Upload(0), Timeout);
        await FirstAsync(consumer);
        kafka.TakeDown();
        await Task.Delay(500, Timeout);
        var committed = consumer.CommitAsync(0, 1, Timeout).AsTask();

        await consumer.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(2), Timeout);
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
        Require.AtLeast(TestLevel.Default);
        await using var consumer = new EventConsumer<UploadAccepted>(
            new KafkaOptions { TlsCaFile = "/does/not/exist.pem" }, Topics.Uploads, "g", NullLogger.Instance);

        var exception = await Should.ThrowAsync<MeshException>(() => FirstAsync(consumer));

        exception.Code.ShouldBe("MESH7106");
        exception.Message.ShouldContain("kafka.tlsCaFile");
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
}
