using Mesh.Broker;
using Mesh.Kafka;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Kafka.Testing;

/// <summary>Mesh's own broker and registry, on ports of their own, with data in a given folder.</summary>
internal sealed class EmbeddedKafka : IAsyncDisposable
{
    private readonly KafkaBroker broker;
    private readonly Broker.SchemaRegistry registry;
    private readonly WebApplication web;

    private EmbeddedKafka(KafkaBroker broker, Broker.SchemaRegistry registry, WebApplication web)
    {
        this.broker = broker;
        this.registry = registry;
        this.web = web;
        Options = new KafkaOptions { Bootstrap = broker.Bootstrap, SchemaRegistryUrl = web.Urls.Single() };
    }

    public KafkaOptions Options { get; }

    public int Port => broker.Port;

    public static async Task<EmbeddedKafka> StartAsync(string folder, int port = 0)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var broker = await KafkaBroker.StartAsync(
            new BrokerOptions { DataFolder = folder, Port = port }, NullLogger.Instance, TimeProvider.System, cancellationToken);
        var registry = await Broker.SchemaRegistry.StartAsync(broker, cancellationToken);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var web = builder.Build();
        web.MapSchemaRegistry(registry);
        await web.StartAsync(cancellationToken);
        return new EmbeddedKafka(broker, registry, web);
    }

    public async ValueTask DisposeAsync()
    {
        await web.DisposeAsync();
        registry.Dispose();
        await broker.DisposeAsync();
    }
}
