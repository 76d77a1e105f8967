using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Broker.Tests.Support;

/// <summary>A broker on a free port and a folder of its own, which can be stopped and started again.</summary>
internal sealed class TestBroker : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private BrokerOptions options;

    private TestBroker(Func<BrokerOptions, BrokerOptions>? configure)
    {
        options = new BrokerOptions { DataFolder = folder["broker"], Port = 0 };
        options = configure?.Invoke(options) ?? options;
    }

    public KafkaBroker Broker { get; private set; } = null!;

    public string Bootstrap => Broker.Bootstrap;

    public string DataFolder => options.DataFolder;

    public string ScratchFolder => folder.Path;

    public static async Task<TestBroker> StartAsync(Func<BrokerOptions, BrokerOptions>? configure = null)
    {
        var test = new TestBroker(configure);
        await test.StartAgainAsync();
        return test;
    }

    /// <summary>Stops and starts on the same port, as an operator's restart would.</summary>
    public async Task RestartAsync()
    {
        await Broker.StopAsync();
        options = options with { Port = Broker.Port };
        await StartAgainAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Broker.StopAsync();
        folder.Dispose();
    }

    private async Task StartAgainAsync() =>
        Broker = await KafkaBroker.StartAsync(options, NullLogger.Instance, TimeProvider.System, TestContext.Current.CancellationToken);
}
