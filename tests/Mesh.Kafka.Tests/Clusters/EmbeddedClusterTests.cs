using Mesh.Kafka.Testing;
using Mesh.Testing;

namespace Mesh.Kafka.Tests.Clusters;

/// <summary>On Mesh's own broker and registry.</summary>
public sealed class EmbeddedClusterTests : ClusterSuite, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    protected override async ValueTask<TestCluster> ConnectAsync()
    {
        Require.AtLeast(TestLevel.Default);
        var kafka = await EmbeddedKafka.StartAsync(folder.Path);
        return new TestCluster(kafka.Options, kafka);
    }
}
