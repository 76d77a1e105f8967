using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Mesh.Testing;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>A `mesh broker` of its own process, with its registry, on the same ports in every life.</summary>
internal sealed class BrokerProcess(string folder) : IAsyncDisposable
{
    private MeshProcess? process;

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address { get; } = new(IPAddress.Loopback, FreePort());

    /// <summary>Where it tells clients to go: the same port of another address of this machine.</summary>
    public IPEndPoint Advertised => new(IPAddress.Parse("127.0.0.2"), Address.Port);

    public int RegistryPort { get; } = FreePort();

    public string RegistryUrl => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{RegistryPort}");

    public async Task StartAsync()
    {
        process = MeshProcess.Start(
            "broker", "--data", folder, "--listen", Address.ToString(), "--advertise", Advertised.Address.ToString(), "--registry", RegistryPort.ToString(CultureInfo.InvariantCulture));
        await process.WaitUntilAsync(() => process.Output.Contains("schema registry", StringComparison.Ordinal), "`mesh broker` to be up");
    }

    public Task KillAsync() => process!.KillAsync();

    public async Task RestartAsync()
    {
        await process!.SignalAsync("INT");
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, process.Errors);
        await StartAsync();
    }

    public Task SignalAsync(string signal) => process!.SignalAsync(signal);

    public async ValueTask DisposeAsync()
    {
        if (process is not null) await process.DisposeAsync();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Any, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
