using System.Diagnostics;
using System.Globalization;
using System.Text;
using Mesh.Testing;

namespace Mesh.Faults.Tests.Support;

/// <summary>A process that works on the contended table (tests/Mesh.LakeWriter) until it is stopped or killed.</summary>
internal sealed class LakeWriterProcess : IDisposable
{
    private static readonly string Program = Path.Combine(
        Repository.Root, "tests", "Mesh.LakeWriter", "bin", AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug", "net10.0", "Mesh.LakeWriter.dll");

    private readonly Process process;
    private readonly List<string> lines = [];
    private readonly StringBuilder errors = new();

    private LakeWriterProcess(Process process) => this.process = process;

    /// <summary>What it has said so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (lines) return [.. lines];
        }
    }

    /// <summary>Sets whose commit it has acknowledged.</summary>
    public IReadOnlyList<int> Committed =>
        [.. Lines.Where(line => line.StartsWith("committed ", StringComparison.Ordinal)).Select(line => int.Parse(line["committed ".Length..], CultureInfo.InvariantCulture))];

    public static LakeWriterProcess Start(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var writer = new LakeWriterProcess(new Process { StartInfo = start });
        writer.process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null) return;
            lock (writer.lines) writer.lines.Add(line.Data);
        };
        writer.process.ErrorDataReceived += (_, line) =>
        {
            lock (writer.errors) writer.errors.AppendLine(line.Data);
        };
        writer.process.Start();
        writer.process.BeginOutputReadLine();
        writer.process.BeginErrorReadLine();
        return writer;
    }

    /// <summary>Fails when it has ended by itself: nothing that others do may make it give up.</summary>
    public void MustBeAlive() => Assert.False(process.HasExited, $"{string.Join(' ', process.StartInfo.ArgumentList.Skip(1))} ended with {(process.HasExited ? process.ExitCode : 0)}: {Errors}");

    /// <summary>SIGKILL; returns once it is dead and all it said has been read.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Ends its input, on which it finishes what it is doing.</summary>
    public async Task StopAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(2));
        process.ExitCode.ShouldBe(0, Errors);
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
    }

    private string Errors
    {
        get
        {
            lock (errors) return errors.ToString();
        }
    }
}
