using System.Net;
using Mesh.Broker;
using Mesh.Kafka;
using Mesh.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Commands.Tests.Ingest;

/// <summary>The embedded broker and its schema registry on free ports, with a producer.</summary>
internal sealed class LogBench : IAsyncDisposable
{
    private readonly TemporaryFolder folder;
    private readonly SchemaRegistry registry;
    private readonly WebApplication web;

    private LogBench(TemporaryFolder folder, KafkaBroker broker, SchemaRegistry registry, WebApplication web, KafkaOptions options)
    {
        this.folder = folder;
        this.registry = registry;
        this.web = web;
        Broker = broker;
        Options = options;
        Producer = new EventProducer(options, NullLogger.Instance);
    }

    public KafkaBroker Broker { get; }

    public KafkaOptions Options { get; }

    public EventProducer Producer { get; }

    public static async Task<LogBench> StartAsync(CancellationToken cancellationToken)
    {
        var folder = new TemporaryFolder();
        var broker = await KafkaBroker.StartAsync(
            new BrokerOptions { DataFolder = folder["broker"], Port = 0 }, NullLogger.Instance, TimeProvider.System, cancellationToken);
        var registry = await SchemaRegistry.StartAsync(broker, cancellationToken);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var web = builder.Build();
        web.Urls.Add($"http://{IPAddress.Loopback}:0");
        web.MapSchemaRegistry(registry);
        await web.StartAsync(cancellationToken);
        string url = web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new LogBench(folder, broker, registry, web, new KafkaOptions { Bootstrap = broker.Bootstrap, SchemaRegistryUrl = url });
    }

    public long? CommittedOffset(string group) => Broker.Describe().Groups.FirstOrDefault(candidate => candidate.Group == group)?.Offsets
        .FirstOrDefault(offset => offset.Topic == Topics.Uploads)?.CommittedOffset;

    public async ValueTask DisposeAsync()
    {
        await Producer.DisposeAsync();
        await web.DisposeAsync();
        registry.Dispose();
        await Broker.DisposeAsync();
        folder.Dispose();
    }
}
