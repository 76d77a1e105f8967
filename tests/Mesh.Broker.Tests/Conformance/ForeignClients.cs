using Mesh.Broker.Tests.Conformance;
using Mesh.Broker.Tests.Support;
using Mesh.Testing;

[assembly: AssemblyFixture(typeof(ForeignClients))]

namespace Mesh.Broker.Tests.Conformance;

/// <summary>One broker and one process of each client, for all tests of the suite; started when first asked for.</summary>
public sealed class ForeignClients : IAsyncDisposable
{
    private static readonly string Scripts = Path.Combine(Repository.Root, "tests", "foreign");
    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly Dictionary<string, IForeignClient> clients = [];
    private TestBroker? broker;

    /// <summary>The client, connected to the suite's broker. Skips the test where the client is not installed.</summary>
    internal async Task<IForeignClient> GetAsync(string name)
    {
        await gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            broker ??= await TestBroker.StartAsync(options => options with { AutoCreateTopics = true });
            if (!clients.TryGetValue(name, out var client)) clients[name] = client = Start(name, broker.Bootstrap);
            return client;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var client in clients.Values.OfType<IDisposable>()) client.Dispose();
        if (broker is not null) await broker.DisposeAsync();
        gate.Dispose();
    }

    private static IForeignClient Start(string name, string bootstrap) => name switch
    {
        ClientMatrix.Confluent => new ConfluentClient(bootstrap),
        ClientMatrix.Kcat => new KcatClient(Require.Program("kcat", "apt-get install kcat"), bootstrap),
        ClientMatrix.ConfluentPython => Python("confluent_kafka", "python3-confluent-kafka", "confluent_client.py", bootstrap),
        ClientMatrix.KafkaPython => Python("kafka", "python3-kafka", "kafka_python.py", bootstrap),
        ClientMatrix.KafkaJs => Node("kafkajs", "kafkajs.mjs", bootstrap),
        ClientMatrix.Platformatic => Node("@platformatic/kafka", "platformatic.mjs", bootstrap),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };

    private static ScriptClient Python(string module, string package, string script, string bootstrap)
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine("/usr/lib/python3/dist-packages", module)), $"needs {package}: apt-get install {package} python3-snappy python3-lz4");
        return ScriptClient.Start("/usr/bin/python3", Path.Combine(Scripts, "kafka", script), bootstrap);
    }

    private static ScriptClient Node(string package, string script, string bootstrap)
    {
        string node = Require.Program("node", "install Node.js 20 or later");
        Assert.SkipUnless(Directory.Exists(Path.Combine(Scripts, "node_modules", package)), "needs the npm packages: run `npm install` in tests/foreign");
        return ScriptClient.Start(node, Path.Combine(Scripts, "kafka", script), bootstrap);
    }
}
