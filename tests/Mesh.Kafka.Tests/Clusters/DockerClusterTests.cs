namespace Mesh.Kafka.Tests.Clusters;

/// <summary>On Apache Kafka in a container.</summary>
public sealed class DockerClusterTests(DockerKafka kafka) : ClusterSuite, IClassFixture<DockerKafka>
{
    protected override async ValueTask<TestCluster> ConnectAsync()
    {
        string bootstrap = await kafka.StartAsync();
        var registry = new MockRegistry();
        return new TestCluster(new KafkaOptions { Bootstrap = bootstrap, SchemaRegistryUrl = registry.Url }, registry);
    }
}
