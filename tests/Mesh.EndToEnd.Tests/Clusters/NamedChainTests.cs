using Mesh.Kafka;
using Mesh.Kafka.Testing;

namespace Mesh.EndToEnd.Tests.Clusters;

/// <summary>
/// On the cluster that MESH_TEST_KAFKA names, with the registry of MESH_TEST_SCHEMA_REGISTRY or else one of the test's own;
/// MESH_TEST_KAFKA_USER and MESH_TEST_KAFKA_PASSWORD let it in (SASL PLAIN). The topics are Mesh's own: no other Mesh may run there.
/// </summary>
public sealed class NamedChainTests : ChainSuite
{
    protected override async ValueTask<ChainCluster> ConnectAsync()
    {
        string? bootstrap = Environment.GetEnvironmentVariable("MESH_TEST_KAFKA");
        Assert.SkipWhen(string.IsNullOrEmpty(bootstrap), "needs a Kafka cluster: MESH_TEST_KAFKA=HOST:PORT names one");
        string? registry = Environment.GetEnvironmentVariable("MESH_TEST_SCHEMA_REGISTRY");
        // A registry keeps its schemas in a log; this one's is not the cluster's, which need not let it make its topic.
        var own = registry is null ? await EmbeddedKafka.StartAsync(Folder["registry"]) : null;
        var log = new KafkaOptions
        {
            Bootstrap = bootstrap!,
            SchemaRegistryUrl = registry ?? own!.Options.SchemaRegistryUrl,
            User = Environment.GetEnvironmentVariable("MESH_TEST_KAFKA_USER"),
            Password = Environment.GetEnvironmentVariable("MESH_TEST_KAFKA_PASSWORD"),
        };
        return own is null ? new ChainCluster(log) : new ChainCluster(log, own);
    }
}
