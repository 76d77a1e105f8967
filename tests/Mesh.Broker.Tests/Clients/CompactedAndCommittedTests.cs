using System.Globalization;
using Confluent.Kafka;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;
using Mesh.Broker.Tests.Support;
using Mesh.Testing;
using ErrorCode = Mesh.Broker.Protocol.ErrorCode;

namespace Mesh.Broker.Tests.Clients;

/// <summary>Logs with gaps, markers, emptied batches and aborted records, as librdkafka reads them.</summary>
public class CompactedAndCommittedTests
{
    [Fact]
    public async Task What_compaction_leaves_of_every_codec_is_read_by_librdkafka()
    {
        await using var broker = await TestBroker.StartAsync();
        var log = await TopicAsync(broker);
        for (int i = 0; i < 200; i++)
        {
            byte[] batch = Batches.Of([($"key-{i % 9}", $"{i}"), ($"key-{i % 5}", $"{i} too"), ($"only-{i}", "x")], timestampMs: 100_000 + i, producerId: 1, sequence: i * 3, codec: i % 5);
            (await log.AppendAsync(batch, RecordBatchHeader.Read(batch))).Error.ShouldBe(ErrorCode.None);
        }

        long size = log.SizeBytes;
        await log.CompactAsync(TestContext.Current.CancellationToken);
        log.SizeBytes.ShouldBeLessThan(size);

        var expected = (await LogReader.CommittedAsync(log)).Select(record => (record.Offset, record.Key!, record.Value!, record.TimestampMs));
        Consume(broker, IsolationLevel.ReadUncommitted).Select(result => (result.Offset.Value, result.Message.Key, result.Message.Value, result.Message.Timestamp.UnixTimestampMs)).ShouldBe(expected);
    }

    [Fact]
    public async Task Aborted_records_are_hidden_before_and_after_compaction()
    {
        await using var broker = await TestBroker.StartAsync();
        var log = await TopicAsync(broker);
        for (int i = 0; i < 60; i++)
        {
            byte[] batch = Batches.Of([($"key-{i % 4}", $"{i}"), ($"once-{i}", $"{i}")], producerId: i % 2, sequence: i / 2 * 2, transactional: true, codec: i % 5);
            (await log.AppendAsync(batch, RecordBatchHeader.Read(batch))).Error.ShouldBe(ErrorCode.None);
            await log.AppendMarkerAsync(i % 2, 0, commit: i % 3 != 0);
        }

        var expected = (await LogReader.CommittedAsync(log)).Select(record => (record.Offset, record.Key!, record.Value!));
        Consume(broker, IsolationLevel.ReadCommitted).Select(result => (result.Offset.Value, result.Message.Key, result.Message.Value)).ShouldBe(expected);
        Consume(broker, IsolationLevel.ReadUncommitted).Count.ShouldBe(120);

        await log.CompactAsync(TestContext.Current.CancellationToken);
        expected = (await LogReader.CommittedAsync(log)).Select(record => (record.Offset, record.Key!, record.Value!));
        Consume(broker, IsolationLevel.ReadCommitted).Select(result => (result.Offset.Value, result.Message.Key, result.Message.Value)).ShouldBe(expected);
        Consume(broker, IsolationLevel.ReadUncommitted).Count.ShouldBeLessThan(100);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task What_compaction_leaves_is_read_by_kafka_python(int codec)
    {
        Require.AtLeast(TestLevel.Default);
        await using var broker = await TestBroker.StartAsync();
        var log = await TopicAsync(broker);
        for (int i = 0; i < 100; i++)
        {
            byte[] batch = Batches.Of([($"key-{i % 9}", $"{i}"), ($"key-{i % 5}", i % 7 == 0 ? null : $"{i} too"), ($"only-{i}", "x")], producerId: 1, sequence: i * 3, codec: codec);
            (await log.AppendAsync(batch, RecordBatchHeader.Read(batch))).Error.ShouldBe(ErrorCode.None);
        }

        await log.CompactAsync(TestContext.Current.CancellationToken);

        string printed = await ToolProcess.RunAsync(
            "/usr/bin/python3", Path.Combine(Repository.Root, "tests", "foreign", "kafka-read.py"), broker.Bootstrap, "t", log.HighWatermark.ToString(CultureInfo.InvariantCulture));
        printed.TrimEnd('\n').Split('\n').ShouldBe(
            (await LogReader.CommittedAsync(log)).Select(record => string.Create(CultureInfo.InvariantCulture, $"{record.Offset} {record.Key} {record.Value ?? "null"}")));
    }

    private static async Task<IPartitionLog> TopicAsync(TestBroker broker)
    {
        var (_, topic) = await broker.Broker.State.Topics.CreateAsync("t", 1, new Dictionary<string, string>
        {
            ["cleanup.policy"] = "compact", ["segment.bytes"] = "2048", ["min.cleanable.dirty.ratio"] = "0",
        });
        return topic!.Partitions[0];
    }

    private static List<ConsumeResult<string, string>> Consume(TestBroker broker, IsolationLevel isolation)
    {
        using var consumer = new ConsumerBuilder<string, string>(new ConsumerConfig
        {
            BootstrapServers = broker.Bootstrap, GroupId = "g", IsolationLevel = isolation, EnablePartitionEof = true,
        }).Build();
        consumer.Assign(new TopicPartitionOffset("t", 0, 0));
        var consumed = new List<ConsumeResult<string, string>>();
        while (true)
        {
            var result = consumer.Consume(TimeSpan.FromSeconds(30)).ShouldNotBeNull();
            if (result.IsPartitionEOF) return consumed;
            consumed.Add(result);
        }
    }
}
