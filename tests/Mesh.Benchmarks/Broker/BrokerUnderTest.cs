using System.Diagnostics;
using System.Globalization;

namespace Mesh.Benchmarks.Broker;

/// <summary>A <see cref="BrokerHost"/> process as the load generator sees it.</summary>
internal sealed class BrokerUnderTest : IAsyncDisposable
{
    private readonly Process process;

    private BrokerUnderTest(Process process, string bootstrap)
    {
        this.process = process;
        Bootstrap = bootstrap;
        int colon = bootstrap.LastIndexOf(':');
        Host = bootstrap[..colon];
        Port = int.Parse(bootstrap[(colon + 1)..], CultureInfo.InvariantCulture);
    }

    public string Bootstrap { get; }

    public string Host { get; }

    public int Port { get; }

    public TimeSpan ProcessorTime
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    public long PeakMemoryMiB => long.Parse(
        File.ReadAllLines($"/proc/{process.Id}/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) / 1024;

    public static async Task<BrokerUnderTest> StartAsync(string kind, string folder, string flush = "pageCache")
    {
        var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["broker-host", kind, folder, flush])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        string bootstrap = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The broker did not start.");
        return new BrokerUnderTest(process, bootstrap);
    }

    public async Task CreateTopicAsync(string topic, int partitions)
    {
        await process.StandardInput.WriteLineAsync($"{topic} {partitions}");
        await process.StandardInput.FlushAsync();
        if (await process.StandardOutput.ReadLineAsync() is null) throw new InvalidOperationException("The broker ended.");
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
