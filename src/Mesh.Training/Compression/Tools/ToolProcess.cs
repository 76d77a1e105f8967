using System.ComponentModel;
using System.Diagnostics;
using Mesh.Model;
using Mesh.Training.Jobs;
using Mesh.Training.Running;

namespace Mesh.Training.Compression.Tools;

/// <summary>Runs a vendor's tool in a folder and leaves no process behind.</summary>
internal static class ToolProcess
{
    private static readonly TimeSpan LastOutput = TimeSpan.FromSeconds(5);

    /// <summary>Runs until the tool exits or its time is up; then it and what it started are killed.</summary>
    /// <param name="tool">The tool.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="folder">Where it runs; what outlives a killed Mesh is known by it, see <see cref="JobProcesses.KillAsync"/>.</param>
    /// <param name="logFile">Takes what it prints.</param>
    /// <param name="maxLogBytes">Most of that.</param>
    /// <param name="timeLimit">Longest run.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <returns>The exit code; null when its time was up.</returns>
    /// <exception cref="MeshException"><c>MESH9420</c> when it cannot be started.</exception>
    public static async Task<int?> RunAsync(
        FoundTool tool, IReadOnlyList<string> arguments, JobFolder folder, string logFile, long maxLogBytes, TimeSpan timeLimit, TimeProvider time, CancellationToken cancellationToken)
    {
        using var log = new TrainerLog(logFile, maxLogBytes);
        log.WriteLine($"-- {time.GetUtcNow():u}: {tool.Path} {string.Join(' ', arguments)}");
        using var process = Start(tool, arguments, folder);
        using var streams = new CancellationTokenSource();
        var output = Task.WhenAll(log.CopyAsync(process.StandardOutput.BaseStream, streams.Token), log.CopyAsync(process.StandardError.BaseStream, streams.Token));
        bool timedOut = false;
        using (var deadline = new CancellationTokenSource(timeLimit, time))
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token))
        {
            try
            {
                await process.WaitForExitAsync(stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                timedOut = !cancellationToken.IsCancellationRequested;
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }

        // What the tool started may outlive it and hold its pipes.
        await JobProcesses.KillAsync(folder, time).ConfigureAwait(false);
        try
        {
            await output.WaitAsync(LastOutput, time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TimeoutException or IOException)
        {
            await streams.CancelAsync().ConfigureAwait(false);
        }

        log.WriteLine(timedOut ? $"-- killed after {timeLimit.TotalSeconds:0.#} s" : $"-- exit code {process.ExitCode}");
        cancellationToken.ThrowIfCancellationRequested();
        return timedOut ? null : process.ExitCode;
    }

    private static Process Start(FoundTool tool, IReadOnlyList<string> arguments, JobFolder folder)
    {
        var start = new ProcessStartInfo(tool.Path, arguments)
        {
            WorkingDirectory = folder.Path, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        // Settings of this process, which may hold credentials, are not the tool's business.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("MESH_", StringComparison.Ordinal)).ToArray()) start.Environment.Remove(name);
        start.Environment["MESH_JOB_SPEC"] = folder.SpecFile;
        try
        {
            var process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception exception)
        {
            throw new MeshException("MESH9420", $"Cannot start {tool.Name} ({tool.Path}): {exception.Message} Correct its installation, or its path under `tools` of the compression targets.", innerException: exception);
        }
    }
}
