using System.Collections.Concurrent;
using System.Diagnostics;
using Mesh.Faults.Tests.Support;
using Mesh.Testing;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>The server under test through all its lives on one state directory.</summary>
internal sealed class CampaignServer(string data, IReadOnlyDictionary<string, string> environment, params string[] arguments) : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(1);

    private readonly List<FaultServer> lives = [];
    private int refusedStarts;
    private FaultServer? current;

    /// <summary>The present one; null while there is none.</summary>
    public FaultServer? Current => current is { Process.HasExited: false } server ? server : null;

    /// <summary>Starts that ended at once because something the server needs was away.</summary>
    public int RefusedStarts => refusedStarts;

    /// <summary>Number of the present life.</summary>
    public int Life => lives.Count;

    /// <summary>Most memory that each life was seen to take.</summary>
    public ConcurrentDictionary<int, long> PeakBytes { get; } = [];

    /// <summary>Ends that nobody brought about.</summary>
    public ConcurrentQueue<string> Deaths { get; } = [];

    public IReadOnlyDictionary<string, string> Environment => environment;

    /// <summary>What `mesh` is told when it starts.</summary>
    public string[] UpArguments => ["up", "--data", data, "--http-port", "0", "--kafka-port", "0", "--schema-registry-port", "0", .. arguments];

    /// <summary>Starts a life.</summary>
    /// <param name="crashAt">Where it shall die; null for nowhere.</param>
    /// <returns>False when it died at that place before it was up.</returns>
    public async Task<bool> StartAsync(string? crashAt = null)
    {
        var variables = new Dictionary<string, string>(environment);
        if (crashAt is not null) variables["MESH_CRASH_AT"] = crashAt;
        for (var trying = Stopwatch.StartNew(); ;)
        {
            try
            {
                var server = await FaultServer.UpAsync(data, variables, arguments);
                lives.Add(server);
                current = server;
                return true;
            }
            catch (Exception exception) when (crashAt is not null && exception.Message.Contains($"ended with {FaultServer.Killed}", StringComparison.Ordinal))
            {
                return false;
            }
            catch (Exception exception) when (exception.Message.Contains("ended with 1 ", StringComparison.Ordinal) && exception.Message.Contains("error MESH", StringComparison.Ordinal) && trying.Elapsed < StartPatience)
            {
                // What it needs is away: it says so and ends, and whoever supervises it starts it again.
                Interlocked.Increment(ref refusedStarts);
                await Task.Delay(500, TestContext.Current.CancellationToken);
            }
        }
    }

    /// <summary>Waits for a life to die by itself.</summary>
    public async Task<bool> DiesWithinAsync(TimeSpan patience)
    {
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < patience; await Task.Delay(20, TestContext.Current.CancellationToken))
        {
            if (current is not { Process.HasExited: true } dead) continue;
            if (dead.Process.ExitCode == FaultServer.Killed) return true;
            Deaths.Enqueue($"exit code {dead.Process.ExitCode}\n{dead.Process.Errors}");
            return true;
        }

        return false;
    }

    /// <summary>Notes an end that nobody asked for, and goes on with another life.</summary>
    public async Task ReviveAsync()
    {
        if (current is not { Process.HasExited: true } dead) return;
        Deaths.Enqueue($"exit code {dead.Process.ExitCode}\n{dead.Process.Errors}");
        await StartAsync();
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        SamplePeak();
        if (current is { } server) await server.Process.KillAsync();
    }

    /// <summary>Ctrl-C, on which it drains and ends with 0.</summary>
    public async Task StopAsync()
    {
        SamplePeak();
        await current!.Process.SignalAsync("INT");
        await current.Process.WaitForExitAsync();
        if (current.Process.ExitCode != 0) Deaths.Enqueue($"stopping ended with {current.Process.ExitCode}\n{current.Process.Errors}");
    }

    public Task SignalAsync(string signal) => current!.Process.SignalAsync(signal);

    public void SamplePeak()
    {
        try
        {
            if (Current is { } server) PeakBytes[Life] = server.PeakBytes();
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException)
        {
            // It has just died; what it took was sampled before.
        }
    }

    /// <summary>What every life said.</summary>
    public void SaveLogs(string folder)
    {
        Directory.CreateDirectory(folder);
        for (int i = 0; i < lives.Count; i++) File.WriteAllText(Path.Combine(folder, $"server-{i + 1}.log"), lives[i].Process.Errors + lives[i].Process.Output);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in lives) await server.DisposeAsync();
    }
}
