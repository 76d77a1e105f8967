using System.Runtime.InteropServices;
using System.Text;

namespace Mesh.Benchmarks.Broker;

/// <summary>librdkafka's mock cluster of one broker: the yardstick, since it keeps 5 MiB a partition in memory and nothing on disk.</summary>
internal sealed class MockCluster : IDisposable
{
    private const string Library = "librdkafka";
    private readonly nint client;
    private readonly nint cluster;

    public MockCluster()
    {
        // Loads the native client the way the product does.
        _ = Confluent.Kafka.Library.Version;
        byte[] error = new byte[512];
        client = rd_kafka_new(0, rd_kafka_conf_new(), error, error.Length);
        if (client == 0) throw new InvalidOperationException(Encoding.UTF8.GetString(error));
        cluster = rd_kafka_mock_cluster_new(client, 1);
    }

    public string Bootstrap => Marshal.PtrToStringUTF8(rd_kafka_mock_cluster_bootstraps(cluster))!;

    public void CreateTopic(string topic, int partitions)
    {
        if (rd_kafka_mock_topic_create(cluster, topic, partitions, 1) != 0) throw new InvalidOperationException($"The mock did not create {topic}.");
    }

    public void Dispose()
    {
        rd_kafka_mock_cluster_destroy(cluster);
        rd_kafka_destroy(client);
    }

    [DllImport(Library)]
    private static extern nint rd_kafka_conf_new();

    [DllImport(Library, CharSet = CharSet.Ansi)]
    private static extern nint rd_kafka_new(int type, nint conf, byte[] error, nint errorBytes);

    [DllImport(Library)]
    private static extern void rd_kafka_destroy(nint client);

    [DllImport(Library)]
    private static extern nint rd_kafka_mock_cluster_new(nint client, int brokers);

    [DllImport(Library)]
    private static extern void rd_kafka_mock_cluster_destroy(nint cluster);

    [DllImport(Library)]
    private static extern nint rd_kafka_mock_cluster_bootstraps(nint cluster);

    [DllImport(Library, CharSet = CharSet.Ansi)]
    private static extern int rd_kafka_mock_topic_create(nint cluster, string topic, int partitions, int replication);
}
