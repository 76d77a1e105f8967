using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Mesh.Testing;

/// <summary>The <c>mesh</c> program as a process of its own, as users run it.</summary>
public sealed class MeshProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly StringBuilder output = new();
    private readonly StringBuilder errors = new();

    private MeshProcess(Process process) => this.process = process;

    /// <summary>The program, which <c>dotnet</c> runs.</summary>
    public static string Program { get; } = Path.Combine(
        Repository.Root, "src", "Mesh.Cli", "bin", AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug", "net10.0", "mesh.dll");

    /// <summary>What it has printed so far.</summary>
    public string Output
    {
        get
        {
            lock (output) return output.ToString();
        }
    }

    /// <summary>What it has printed to standard error so far.</summary>
    public string Errors
    {
        get
        {
            lock (errors) return errors.ToString();
        }
    }

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => process.HasExited;

    /// <summary>Its exit code, once it has ended.</summary>
    public int ExitCode => process.ExitCode;

    /// <summary>Id of the process.</summary>
    public int Id => process.Id;

    /// <summary>Runs a command to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        await using var mesh = Start(arguments);
        await mesh.WaitForExitAsync();
        return (mesh.ExitCode, mesh.Output, mesh.Errors);
    }

    /// <summary>Runs a command that must end with 0 and prints one JSON document.</summary>
    public static async Task<JsonElement> RunJsonAsync(params string[] arguments)
    {
        var (exitCode, text, errorText) = await RunAsync(arguments);
        Assert.True(exitCode == 0, $"mesh {string.Join(' ', arguments)} ended with {exitCode}:\n{errorText}\n{text}");
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    /// <summary>Starts a command.</summary>
    public static MeshProcess Start(params string[] arguments) => Start(new Dictionary<string, string>(), arguments);

    /// <summary>Starts a command with additional environment variables.</summary>
    public static MeshProcess Start(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        // A shell lets what it starts in the background ignore Ctrl-C, and that is inherited; the tests stop servers by it.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", Program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;

        var mesh = new MeshProcess(new Process { StartInfo = start });
        mesh.process.OutputDataReceived += (_, line) => Collect(mesh.output, line.Data);
        mesh.process.ErrorDataReceived += (_, line) => Collect(mesh.errors, line.Data);
        mesh.process.Start();
        mesh.process.BeginOutputReadLine();
        mesh.process.BeginErrorReadLine();
        return mesh;
    }

    /// <summary>Starts a server on a state directory, on free ports where <paramref name="arguments"/> name none, and waits until it is up.</summary>
    public static async Task<MeshProcess> UpAsync(string data, IReadOnlyDictionary<string, string>? environment = null, params string[] arguments)
    {
        string[] ports = [.. new[] { "--http-port", "--kafka-port", "--schema-registry-port" }.Except(arguments).SelectMany(port => new[] { port, "0" })];
        var mesh = Start(environment ?? new Dictionary<string, string>(), ["up", "--data", data, .. ports, .. arguments]);
        try
        {
            await mesh.WaitUntilAsync(() => mesh.Output.Contains("schema registry", StringComparison.Ordinal), "`mesh up` to be up");
            return mesh;
        }
        catch
        {
            await mesh.DisposeAsync();
            throw;
        }
    }

    /// <summary>An address that <c>mesh up</c> printed: <c>http</c>, <c>kafka</c> or <c>schema registry</c>.</summary>
    public string AddressOf(string listener) => Output.Split('\n').Select(line => line.Trim())
        .First(line => line.StartsWith(listener + "  ", StringComparison.Ordinal))[listener.Length..].Trim();

    /// <summary>Waits for something that must come within two minutes; fails with what the program said when it ends or does not come.</summary>
    public async Task WaitUntilAsync(Func<bool> condition, string what)
    {
        var deadline = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.False(process.HasExited, $"mesh ended with {(process.HasExited ? process.ExitCode : 0)} while waiting for {what}:\n{Errors}\n{Output}");
            Assert.True(deadline.Elapsed < TimeSpan.FromMinutes(2), $"waited two minutes for {what}:\n{Errors}\n{Output}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits for its end.</summary>
    public async Task WaitForExitAsync() => await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(5));

    /// <summary>Waits two minutes for it to die by itself; fails when it lives.</summary>
    public async Task WaitUntilDeadAsync()
    {
        var deadline = Stopwatch.StartNew();
        while (!process.HasExited)
        {
            Assert.True(deadline.Elapsed < TimeSpan.FromMinutes(2), $"mesh is still alive after two minutes:\n{Errors}\n{Output}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Asks it to stop, as Ctrl-C (SIGINT) or an orchestrator (SIGTERM) does.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Kills it, as a power cut would.</summary>
    public async Task KillAsync()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        process.Dispose();
    }

    private static void Collect(StringBuilder text, string? line)
    {
        if (line is null) return;
        lock (text) text.Append(line).Append('\n');
    }
}
