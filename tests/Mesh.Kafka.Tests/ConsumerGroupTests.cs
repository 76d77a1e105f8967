using Mesh.Kafka.Events;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using static Mesh.Kafka.Tests.Readers;

namespace Mesh.Kafka.Tests;

/// <summary>Against librdkafka's mock cluster, whose groups take three seconds to form.</summary>
public class ConsumerGroupTests
{
    private static CancellationToken Timeout => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_group_goes_on_after_what_it_committed_and_never_back()
    {
        Require.AtLeast(TestLevel.Default);
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
}
