using Google.Protobuf;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Kafka.Testing;
using Mesh.Lakehouse.Metadata;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Streaming.Tests;

public class OutboxRelayTests
{
    private static CancellationToken Timeout => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_are_published_in_order_removed_and_survive_a_log_that_is_away()
    {
        using var folder = new TemporaryFolder();
        using var database = MetadataDatabase.Open(folder["mesh.db"]);
        var outbox = new Outbox(database);
        var kafka = await EmbeddedKafka.StartAsync(folder["broker"]);
        int port = kafka.Port;
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Timeout);
        var running = new OutboxRelay(outbox, producer, NullLogger.Instance).RunAsync(stop.Token);

        await AddAsync(database, 0, 600);
        await EmptyAsync(outbox);
        await kafka.DisposeAsync();
        await AddAsync(database, 600, 20);
        await Task.Delay(300, Timeout);
        (await outbox.PeekAsync(1, Timeout)).ShouldNotBeEmpty();
        kafka = await EmbeddedKafka.StartAsync(folder["broker"], port);
        await EmptyAsync(outbox);
        await stop.CancelAsync();
        await running;

        await using var admin = new TopicAdmin(kafka.Options, NullLogger.Instance);
        List<long> uploads = [];
        await foreach (var consumed in admin.ReadToEndAsync<UploadAccepted>(Topics.Uploads, Timeout)) uploads.Add(consumed.Value!.SizeBytes);
        // At least once: what was published when the log went away may be there twice, but never out of order.
        uploads.Distinct().ShouldBe(Enumerable.Range(0, 620).Select(i => (long)i));
        await kafka.DisposeAsync();
    }

    [Fact]
    public async Task Stopping_is_clean_while_the_log_is_away_and_nothing_is_removed()
    {
        using var folder = new TemporaryFolder();
        using var database = MetadataDatabase.Open(folder["mesh.db"]);
        var outbox = new Outbox(database);
        await using var producer = new EventProducer(
            new KafkaOptions { Bootstrap = "127.0.0.1:1", SchemaRegistryUrl = "http://127.0.0.1:1" }, NullLogger.Instance);
        await AddAsync(database, 0, 3);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Timeout);
        var running = new OutboxRelay(outbox, producer, NullLogger.Instance).RunAsync(stop.Token);

        await Task.Delay(300, Timeout);
        await stop.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(30), Timeout);

        (await outbox.PeekAsync(10, Timeout)).Count.ShouldBe(3);
    }

    private static async Task AddAsync(MetadataDatabase database, int first, int count) => await database.WriteAsync(
        async transaction =>
        {
            for (int i = first; i < first + count; i++)
            {
                await Outbox.AddAsync(transaction, Topics.Uploads, "V1", "mesh.events.v1.UploadAccepted", new UploadAccepted { SizeBytes = i }.ToByteArray());
            }
        },
        Timeout);

    private static Task EmptyAsync(Outbox outbox) => Eventually.TrueAsync(async () => (await outbox.PeekAsync(1, Timeout)).Count == 0, Timeout);
}
