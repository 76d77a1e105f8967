using Mesh.Kafka;

namespace Mesh.EndToEnd.Tests.Clusters;

/// <summary>A log and a registry that servers are started on, for the time of one test.</summary>
/// <param name="Log">Where they are.</param>
/// <param name="Parts">What ends with the test.</param>
public sealed record ChainCluster(KafkaOptions Log, params IAsyncDisposable[] Parts) : IAsyncDisposable
{
    /// <summary>Arguments of commands that go to the log.</summary>
    public string[] Arguments => ["--kafka", Log.Bootstrap, "--schema-registry", Log.SchemaRegistryUrl];

    /// <summary>What a process needs to be let in.</summary>
    public IReadOnlyDictionary<string, string> Environment => Log.User is null
        ? new Dictionary<string, string>()
        : new Dictionary<string, string> { ["MESH_KAFKA__USER"] = Log.User, ["MESH_KAFKA__PASSWORD"] = Log.Password ?? "" };

    /// <summary>The same for kcat.</summary>
    public string[] Kcat => Log.User is null
        ? ["-b", Log.Bootstrap]
        : ["-b", Log.Bootstrap, "-X", "security.protocol=SASL_PLAINTEXT", "-X", "sasl.mechanism=PLAIN", "-X", $"sasl.username={Log.User}", "-X", $"sasl.password={Log.Password}"];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var part in Parts) await part.DisposeAsync();
    }
}
