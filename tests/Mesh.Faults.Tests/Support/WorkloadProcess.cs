using System.Diagnostics;
using System.Globalization;
using System.Text;
using Mesh.BrokerWorkload;
using Mesh.Testing;

namespace Mesh.Faults.Tests.Support;

/// <summary>A client of the broker in a process of its own (tests/Mesh.BrokerWorkload), and the journal it has kept so far.</summary>
internal sealed class WorkloadProcess : IDisposable
{
    private static readonly string Program = Path.Combine(
        Repository.Root, "tests", "Mesh.BrokerWorkload", "bin", AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug", "net10.0", "Mesh.BrokerWorkload.dll");

    private readonly Process process;
    private readonly List<string> lines = [];
    private readonly StringBuilder errors = new();

    private WorkloadProcess(string name, Process process)
    {
        Name = name;
        this.process = process;
    }

    /// <summary>Which client, unique in the run.</summary>
    public string Name { get; }

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    public string Errors
    {
        get
        {
            lock (errors) return errors.ToString();
        }
    }

    /// <summary>What it has printed.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (lines) return [.. lines];
        }
    }

    public static WorkloadProcess Start(string name, params string[] arguments)
    {
        // A few dozen of these share the machine's cores: they start fast and their collectors do not take a heap per core.
        var start = new ProcessStartInfo("dotnet", [Program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        var client = new WorkloadProcess(name, new Process { StartInfo = start });
        client.process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null) return;
            lock (client.lines) client.lines.Add(line.Data);
        };
        client.process.ErrorDataReceived += (_, line) =>
        {
            lock (client.errors) client.errors.AppendLine(line.Data);
        };
        client.process.Start();
        client.process.BeginOutputReadLine();
        client.process.BeginErrorReadLine();
        return client;
    }

    /// <summary>Its journal. A line that death cut short is none.</summary>
    public IReadOnlyList<HistoryEvent> Events() => [.. Lines.Where(line => line.StartsWith('{') && line.EndsWith('}')).Select(HistoryEvent.Parse)];

    /// <summary>Waits until it has written a line.</summary>
    public async Task SaysAsync(string text, TimeSpan patience)
    {
        for (var waited = Stopwatch.StartNew(); !Lines.Any(line => line.Contains(text, StringComparison.Ordinal)); await Task.Delay(20, TestContext.Current.CancellationToken))
        {
            Assert.False(HasExited, $"{Name} ended before it said {text}: {Errors}{string.Join('\n', Lines.TakeLast(5))}");
            Assert.True(waited.Elapsed < patience, $"{Name} did not say {text} within {patience}: {Errors}");
        }
    }

    /// <summary>Sends a signal.</summary>
    public void Signal(string signal)
    {
        if (HasExited) return;
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>SIGKILL; returns once it is dead and all it said has been read.</summary>
    public async Task KillAsync()
    {
        if (!HasExited) process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Ends its input, on which it finishes what it is doing.</summary>
    public async Task FinishAsync()
    {
        try
        {
            if (!HasExited) process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended meanwhile.
        }

        await EndAsync();
    }

    /// <summary>Waits until it has ended by itself.</summary>
    public async Task EndAsync() => await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(3));

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
    }
}
