using System.Runtime.InteropServices;
using System.Text;

namespace Mesh.Kafka.Tests;

/// <summary>librdkafka's own mock cluster: a broker that somebody else wrote and that can be taken down at will. Knows no admin requests.</summary>
public sealed class MockKafka : IAsyncDisposable
{
    private readonly nint client;
    private readonly nint cluster;

    private readonly int brokers;

    public MockKafka(params (string Topic, int Partitions)[] topics)
        : this(1, topics)
    {
    }

    public MockKafka(int brokers, params (string Topic, int Partitions)[] topics)
    {
        this.brokers = brokers;
        // Loads the native client the way the product does.
        _ = Confluent.Kafka.Library.Version;
        byte[] error = new byte[512];
        client = Native.rd_kafka_new(0, Native.rd_kafka_conf_new(), error, error.Length);
        client.ShouldNotBe(0, Encoding.UTF8.GetString(error));
        cluster = Native.rd_kafka_mock_cluster_new(client, brokers);
        foreach (var (topic, partitions) in topics)
        {
            Native.rd_kafka_mock_topic_create(cluster, topic, partitions, brokers).ShouldBe(0);
        }

        Registry = new MockRegistry();
        Options = new KafkaOptions
        {
            Bootstrap = Marshal.PtrToStringUTF8(Native.rd_kafka_mock_cluster_bootstraps(cluster))!,
            SchemaRegistryUrl = Registry.Url,
        };
    }

    public KafkaOptions Options { get; }

    public MockRegistry Registry { get; }

    public void TakeDown(int broker = 1) => Native.rd_kafka_mock_broker_set_down(cluster, broker).ShouldBe(0);

    public void BringUp(int broker = 1) => Native.rd_kafka_mock_broker_set_up(cluster, broker).ShouldBe(0);

    /// <summary>Moves a partition to another broker.</summary>
    public void MoveLeader(string topic, int partition, int broker) => Native.rd_kafka_mock_partition_set_leader(cluster, topic, partition, broker).ShouldBe(0);

    /// <summary>Moves a group to another coordinator.</summary>
    public void MoveCoordinator(string group, int broker) => Native.rd_kafka_mock_coordinator_set(cluster, "group", group, broker).ShouldBe(0);

    /// <summary>How long every answer of every broker is held back.</summary>
    public void Delay(TimeSpan roundTrip)
    {
        for (int broker = 1; broker <= brokers; broker++) Native.rd_kafka_mock_broker_set_rtt(cluster, broker, (int)roundTrip.TotalMilliseconds).ShouldBe(0);
    }

    /// <summary>The next requests of a kind are answered with errors (Kafka's api keys and error codes).</summary>
    public void FailNext(short apiKey, params int[] errors) =>
        Native.rd_kafka_mock_push_request_errors_array(cluster, apiKey, (nuint)errors.Length, errors);

    public async ValueTask DisposeAsync()
    {
        Native.rd_kafka_mock_cluster_destroy(cluster);
        Native.rd_kafka_destroy(client);
        await Registry.DisposeAsync();
    }

    private static class Native
    {
        private const string Library = "librdkafka";

        [DllImport(Library)]
        public static extern nint rd_kafka_conf_new();

        [DllImport(Library, CharSet = CharSet.Ansi)]
        public static extern nint rd_kafka_new(int type, nint conf, byte[] error, nint errorBytes);

        [DllImport(Library)]
        public static extern void rd_kafka_destroy(nint client);

        [DllImport(Library)]
        public static extern nint rd_kafka_mock_cluster_new(nint client, int brokers);

        [DllImport(Library)]
        public static extern void rd_kafka_mock_cluster_destroy(nint cluster);

        [DllImport(Library)]
        public static extern nint rd_kafka_mock_cluster_bootstraps(nint cluster);

        [DllImport(Library, CharSet = CharSet.Ansi)]
        public static extern int rd_kafka_mock_topic_create(nint cluster, string topic, int partitions, int replication);

        [DllImport(Library)]
        public static extern int rd_kafka_mock_broker_set_down(nint cluster, int broker);

        [DllImport(Library)]
        public static extern int rd_kafka_mock_broker_set_up(nint cluster, int broker);

        [DllImport(Library, CharSet = CharSet.Ansi)]
        public static extern int rd_kafka_mock_partition_set_leader(nint cluster, string topic, int partition, int broker);

        [DllImport(Library, CharSet = CharSet.Ansi)]
        public static extern int rd_kafka_mock_coordinator_set(nint cluster, string keyType, string key, int broker);

        [DllImport(Library)]
        public static extern int rd_kafka_mock_broker_set_rtt(nint cluster, int broker, int milliseconds);

        [DllImport(Library)]
        public static extern void rd_kafka_mock_push_request_errors_array(nint cluster, short apiKey, nuint count, int[] errors);
    }
}
