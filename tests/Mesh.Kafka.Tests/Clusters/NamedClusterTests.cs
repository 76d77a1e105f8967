namespace Mesh.Kafka.Tests.Clusters;

/// <summary>
/// On the cluster that MESH_TEST_KAFKA names, with the registry of MESH_TEST_SCHEMA_REGISTRY if there is one; MESH_TEST_KAFKA_USER and
/// MESH_TEST_KAFKA_PASSWORD let it in (SASL PLAIN).
/// </summary>
public sealed class NamedClusterTests : ClusterSuite
{
    protected override ValueTask<TestCluster> ConnectAsync()
    {
        string? bootstrap = Environment.GetEnvironmentVariable("MESH_TEST_KAFKA");
        Assert.SkipWhen(string.IsNullOrEmpty(bootstrap), "needs a Kafka cluster: MESH_TEST_KAFKA=HOST:PORT names one");
        string? registry = Environment.GetEnvironmentVariable("MESH_TEST_SCHEMA_REGISTRY");
        var mock = registry is null ? new MockRegistry() : null;
        var options = new KafkaOptions
        {
            Bootstrap = bootstrap!,
            SchemaRegistryUrl = registry ?? mock!.Url,
            User = Environment.GetEnvironmentVariable("MESH_TEST_KAFKA_USER"),
            Password = Environment.GetEnvironmentVariable("MESH_TEST_KAFKA_PASSWORD"),
        };
        return ValueTask.FromResult(mock is null ? new TestCluster(options) : new TestCluster(options, mock));
    }
}
