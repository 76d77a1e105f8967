using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Mesh.Model;
using Mesh.Training.Jobs;

namespace Mesh.Training.Running;

/// <summary>Runs one attempt of a job as a process and leaves no process behind.</summary>
internal static class TrainerProcess
{
    private const int SignalKill = 9;
    private const int SignalTerminate = 15;
    private const int MaxKillRounds = 100;
    private static readonly TimeSpan KillRound = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LastOutput = TimeSpan.FromSeconds(5);

    public enum Ending
    {
        Exited,
        TimedOut,
        Stopped,
    }

    /// <summary>Runs until the trainer exits, its time is up, or it is to stop; then it gets SIGTERM, and after the grace period is killed.</summary>
    /// <exception cref="MeshException"><c>MESH9002</c> when it cannot be started.</exception>
    public static async Task<(Ending Ending, int ExitCode)> RunAsync(
        (string File, string[] Arguments) command,
        JobFolder folder,
        JobSpec spec,
        string? traceParent,
        TrainingOptions options,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        using var log = new TrainerLog(folder.LogFile, options.MaxLogBytes);
        log.WriteLine($"-- attempt {spec.Attempt}, {time.GetUtcNow():u}: {command.File} {string.Join(' ', command.Arguments)}");
        using var process = Start(command, folder, spec, traceParent);
        CrashPoint.Reach("training.after-start");

        using var streams = new CancellationTokenSource();
        var output = Task.WhenAll(
            log.CopyAsync(process.StandardOutput.BaseStream, streams.Token),
            log.CopyAsync(process.StandardError.BaseStream, streams.Token));

        var ending = Ending.Exited;
        using (var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(spec.Resources.MaxSeconds), time))
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token))
        {
            try
            {
                await process.WaitForExitAsync(stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                ending = cancellationToken.IsCancellationRequested ? Ending.Stopped : Ending.TimedOut;
                await TerminateAsync(process, options.GracePeriod, time).ConfigureAwait(false);
            }
        }

        // What the trainer started may outlive it and hold its pipes.
        await KillLeftoversAsync(folder, time).ConfigureAwait(false);
        try
        {
            await output.WaitAsync(LastOutput, time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TimeoutException or IOException)
        {
            await streams.CancelAsync().ConfigureAwait(false);
        }

        log.WriteLine($"-- {ending.ToString().ToLowerInvariant()}, exit code {process.ExitCode}");
        return (ending, process.ExitCode);
    }

    /// <summary>
    /// Kills every process that was started for a job, whoever its parent is by now: they are known by the job spec in their environment.
    /// Needs /proc; elsewhere a trainer that outlived a killed Mesh is not found.
    /// </summary>
    public static async Task KillLeftoversAsync(JobFolder folder, TimeProvider time)
    {
        if (!OperatingSystem.IsLinux()) return;
        byte[] mark = System.Text.Encoding.UTF8.GetBytes($"MESH_JOB_SPEC={folder.SpecFile}\0");
        // Again until none is left: a process may start another between listing and killing, and dying takes a moment.
        for (int round = 0; round < MaxKillRounds; round++)
        {
            bool found = false;
            foreach (string entry in Directory.EnumerateDirectories("/proc"))
            {
                if (!int.TryParse(Path.GetFileName(entry), out int id) || id == Environment.ProcessId || !HasMark(entry, mark)) continue;
                found = true;
                _ = SendSignal(id, SignalKill);
            }

            if (!found) return;
            await Task.Delay(KillRound, time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static Process Start((string File, string[] Arguments) command, JobFolder folder, JobSpec spec, string? traceParent)
    {
        var start = new ProcessStartInfo(command.File, command.Arguments)
        {
            WorkingDirectory = folder.Path,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Settings of this process, which may hold credentials, are not the trainer's business.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("MESH_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["MESH_JOB_SPEC"] = folder.SpecFile;
        start.Environment["MESH_INPUT_DIR"] = folder.Input;
        start.Environment["MESH_OUTPUT_DIR"] = folder.OutputOf(spec.Attempt);
        start.Environment["MESH_CHECKPOINT_DIR"] = folder.Checkpoint;
        start.Environment["MESH_JOB_ID"] = spec.JobId;
        start.Environment["MESH_ATTEMPT"] = spec.Attempt.ToString();
        if (traceParent is not null) start.Environment["TRACEPARENT"] = traceParent;
        try
        {
            var process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception exception)
        {
            throw new MeshException(
                "MESH9002",
                $"Cannot start the trainer '{spec.Code.Trainer}' ({command.File}): {exception.Message} Correct 'trainer' in the topology's trigger.",
                innerException: exception);
        }
    }

    private static async Task TerminateAsync(Process process, TimeSpan grace, TimeProvider time)
    {
        if (!OperatingSystem.IsWindows()) _ = SendSignal(process.Id, SignalTerminate);
        using var patience = new CancellationTokenSource(grace, time);
        try
        {
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static bool HasMark(string entry, byte[] mark)
    {
        try
        {
            return File.ReadAllBytes(Path.Combine(entry, "environ")).AsSpan().IndexOf(mark) >= 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Gone meanwhile, or another user's.
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int processId, int signal);
}
