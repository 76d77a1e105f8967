using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Mesh.Broker.Protocol;
using Mesh.Broker.Tests.Support;
using Mesh.Testing;

namespace Mesh.Broker.Tests.Clients;

/// <summary>Topics with a compression of their own, as clients nobody here wrote fill and read them.</summary>
public class CompressionTypeTests
{
    [Theory]
    [InlineData("uncompressed", 0)]
    [InlineData("gzip", 1)]
    [InlineData("snappy", 2)]
    [InlineData("lz4", 3)]
    [InlineData("zstd", 4)]
    public async Task What_kcat_produces_in_any_compression_it_reads_in_the_topics(string type, int codec)
    {
        string kcat = Require.Program("kcat", "apt-get install kcat");
        await using var broker = await TestBroker.StartAsync();
        await CreateAsync(broker, type);
        var lines = new List<string>();
        foreach (string produced in (string[])["none", "gzip", "snappy", "lz4", "zstd"])
        {
            string[] some = [.. Enumerable.Range(0, 500).Select(i => $"{produced} {i} {new string('x', i % 97)}")];
            lines.AddRange(some);
            await Command.RunAsync(kcat, string.Join('\n', some), "-P", "-b", broker.Bootstrap, "-t", "t", "-z", produced, "-X", "enable.idempotence=true");
        }

        string consumed = await Command.RunAsync(kcat, null, "-C", "-b", broker.Bootstrap, "-t", "t", "-o", "beginning", "-e", "-q", "-X", "check.crcs=true");

        consumed.TrimEnd('\n').Split('\n').ShouldBe(lines);
        CodecsInLog(broker).ShouldAllBe(each => each == codec);
    }

    [Theory]
    [InlineData("uncompressed", CompressionType.Gzip)]
    [InlineData("gzip", CompressionType.Snappy)]
    public async Task Kafka_python_reads_what_a_transaction_of_librdkafka_wrote(string type, CompressionType produced)
    {
        Require.AtLeast(TestLevel.Default);
        await using var broker = await TestBroker.StartAsync();
        await CreateAsync(broker, type);
        using (var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = broker.Bootstrap, CompressionType = produced, TransactionalId = "tx" }).Build())
        {
            producer.InitTransactions(TimeSpan.FromSeconds(20));
            producer.BeginTransaction();
            for (int i = 0; i < 100; i++) producer.Produce("t", new Message<string, string> { Key = $"k{i}", Value = $"v{i} {new string('x', i)}" });
            producer.CommitTransaction(TimeSpan.FromSeconds(20));
        }

        // It also prints the marker.
        string printed = await ToolProcess.RunAsync("/usr/bin/python3", Path.Combine(Repository.Root, "tests", "foreign", "kafka-read.py"), broker.Bootstrap, "t", "100");

        printed.Split('\n').Take(100).ShouldBe(Enumerable.Range(0, 100).Select(i => string.Create(CultureInfo.InvariantCulture, $"{i} k{i} v{i} {new string('x', i)}")));
        CodecsInLog(broker).ShouldAllBe(codec => codec == (type == "gzip" ? 1 : 0));
    }

    private static async Task CreateAsync(TestBroker broker, string type)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.Bootstrap }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = "t", NumPartitions = 1, Configs = new Dictionary<string, string> { ["compression.type"] = type } }]);
    }

    /// <summary>Of every batch of clients.</summary>
    private static List<int> CodecsInLog(TestBroker broker)
    {
        var log = broker.Broker.State.Topics.FindPartition("t", 0)!;
        byte[] buffer = new byte[4 << 20];
        int read = log.Read(0, buffer);
        var codecs = new List<int>();
        for (int at = 0; at < read;)
        {
            var header = RecordBatchHeader.Read(buffer.AsSpan(at));
            if (!header.IsControl) codecs.Add(header.Compression);
            at += (int)header.TotalBytes;
        }

        codecs.ShouldNotBeEmpty();
        return codecs;
    }
}
