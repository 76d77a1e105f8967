using System.Diagnostics;
using Mesh.Kafka.Events;
using Mesh.Kafka.Testing;
using Mesh.Model;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Kafka.Tests;

/// <summary>Against Mesh's own broker and registry, and kcat.</summary>
public class EmbeddedBrokerTests
{
    private static CancellationToken Timeout => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Topics_are_created_once_and_listed()
    {
        Require.AtLeast(TestLevel.Default);
        using var folder = new TemporaryFolder();
        await using var kafka = await EmbeddedKafka.StartAsync(folder.Path);
        await using var admin = new TopicAdmin(kafka.Options, NullLogger.Instance);

        await admin.EnsureAsync(new Dictionary<string, int> { [Topics.Uploads] = 3, [Topics.FilesWritten] = 2 }, Timeout);
        await admin.EnsureAsync(new Dictionary<string, int> { [Topics.Uploads] = 7, [Topics.SnapshotCommitted] = 1 }, Timeout);
        var topics = await admin.ListAsync(Timeout);

        topics[Topics.Uploads].ShouldBe(3);
        topics[Topics.FilesWritten].ShouldBe(2);
        topics[Topics.SnapshotCommitted].ShouldBe(1);
    }

    [Fact]
    public async Task A_topic_is_read_to_its_end_over_all_partitions_and_an_absent_one_is_empty()
    {
        Require.AtLeast(TestLevel.Default);
        using var folder = new TemporaryFolder();
        await using var kafka = await EmbeddedKafka.StartAsync(folder.Path);
        await using var admin = new TopicAdmin(kafka.Options, NullLogger.Instance);
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        await admin.EnsureAsync(new Dictionary<string, int> { [Topics.Uploads] = 3, [Topics.FilesWritten] = 1 }, Timeout);
        await producer.PublishAsync(Topics.Uploads, "V0", Upload(0), Timeout);
        await Task.WhenAll(Enumerable.Range(1, 2_999).Select(i => producer.PublishAsync(Topics.Uploads, $"V{i % 50}", Upload(i), Timeout)));

        List<ConsumedEvent<UploadAccepted>> read = [];
        await foreach (var consumed in admin.ReadToEndAsync<UploadAccepted>(Topics.Uploads, Timeout)) read.Add(consumed);

        read.Select(consumed => consumed.Value!.SizeBytes).Order().ShouldBe(Enumerable.Range(0, 3_000).Select(i => (long)i));
        read.Select(consumed => consumed.Position.Partition).Distinct().Count().ShouldBe(3);
        (await CountAsync(admin, Topics.FilesWritten)).ShouldBe(0);
        (await CountAsync(admin, "no.such.topic")).ShouldBe(0);
        (await admin.ListAsync(Timeout)).Keys.ShouldNotContain("no.such.topic");
    }

    [Fact]
    public async Task A_broker_that_is_away_is_a_transient_failure_naming_the_option()
    {
        Require.AtLeast(TestLevel.Default);
        await using var admin = new TopicAdmin(new KafkaOptions { Bootstrap = "127.0.0.1:1" }, NullLogger.Instance);

        foreach (Func<Task> call in (Func<Task>[])
        [
            () => admin.ListAsync(Timeout),
            () => admin.EnsureAsync(new Dictionary<string, int> { ["t"] = 1 }, Timeout),
        ])
        {
            var exception = await Should.ThrowAsync<MeshException>(call);
            exception.Code.ShouldBe("MESH7107");
            exception.IsTransient.ShouldBeTrue();
            exception.Message.ShouldContain("kafka.bootstrap");
        }
    }

    [Fact]
    public async Task Reading_goes_on_where_the_group_was_when_the_broker_comes_back()
    {
        Require.AtLeast(TestLevel.Default);
        using var folder = new TemporaryFolder();
        var kafka = await EmbeddedKafka.StartAsync(folder.Path);
        int port = kafka.Port;
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        await using var consumer = new EventConsumer<UploadAccepted>(kafka.Options, Topics.Uploads, "g", NullLogger.Instance);
        await producer.PublishAsync(Topics.Uploads, "V1", Upload(0), Timeout);
        await using var events = consumer.ReadAsync(Timeout).GetAsyncEnumerator(Timeout);
        (await events.MoveNextAsync()).ShouldBeTrue();
        await consumer.CommitAsync(0, 1, Timeout);

        await kafka.DisposeAsync();
        var waiting = events.MoveNextAsync();
        await Task.Delay(500, Timeout);
        kafka = await EmbeddedKafka.StartAsync(folder.Path, port);
        // The producer knows the schema's id already and needs no registry.
        await producer.PublishAsync(Topics.Uploads, "V1", Upload(1), Timeout);

        (await waiting).ShouldBeTrue();
        events.Current.Value.ShouldBe(Upload(1));
        await consumer.CommitAsync(0, 2, Timeout);
        await kafka.DisposeAsync();
    }

    [Fact]
    public async Task What_kcat_reads_is_confluents_wire_format()
    {
        Require.AtLeast(TestLevel.Default);
        string kcat = Require.Program("kcat", "apt-get install kcat");
        using var folder = new TemporaryFolder();
        await using var kafka = await EmbeddedKafka.StartAsync(folder.Path);
        await using var producer = new EventProducer(kafka.Options, NullLogger.Instance);
        await producer.PublishAsync(Topics.SnapshotCommitted, "raw.imu", new SnapshotCommitted { Table = "raw.imu" }, Timeout);

        var start = new ProcessStartInfo(kcat, ["-C", "-q", "-e", "-b", kafka.Options.Bootstrap, "-t", Topics.SnapshotCommitted, "-f", "%k|%S|%s"])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        using var output = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(output, Timeout);
        await process.WaitForExitAsync(Timeout);

        byte[] expected = [.. "raw.imu|16|"u8, 0, 0, 0, 0, 1, 2, (byte)(SnapshotCommitted.Descriptor.Index * 2), 10, 7, .. "raw.imu"u8];
        output.ToArray().ShouldBe(expected);
    }

    private static UploadAccepted Upload(int number) => new() { VehicleId = "V1", SizeBytes = number };

    private static async Task<int> CountAsync(TopicAdmin admin, string topic)
    {
        int count = 0;
        await foreach (var _ in admin.ReadToEndAsync<FilesWritten>(topic, Timeout)) count++;
        return count;
    }
}
