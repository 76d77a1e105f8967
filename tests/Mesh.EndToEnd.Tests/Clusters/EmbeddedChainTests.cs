using Mesh.Kafka.Testing;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests.Clusters;

/// <summary>On Mesh's own broker and registry.</summary>
public sealed class EmbeddedChainTests : ChainSuite
{
    protected override async ValueTask<ChainCluster> ConnectAsync()
    {
        Require.AtLeast(TestLevel.Default);
        var kafka = await EmbeddedKafka.StartAsync(Folder["cluster"]);
        return new ChainCluster(kafka.Options, kafka);
    }
}
