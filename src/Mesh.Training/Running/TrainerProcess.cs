using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Mesh.Model;
using Mesh.Training.Jobs;

namespace Mesh.Training.Running;

/// <summary>Runs one attempt of a job as a process and leaves no process behind.</summary>
internal static class TrainerProcess
{
    private static readonly TimeSpan LastOutput = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MemoryCheck = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Runs until the trainer exits, its time is up, it takes too much memory, or it is to stop; then it gets SIGTERM, and after the grace period
    /// is killed. Too much memory is not waited with.
    /// </summary>
    /// <exception cref="MeshException"><c>MESH9002</c> when it cannot be started.</exception>
    public static async Task<AttemptResult> RunAsync(
        (string File, string[] Arguments) command,
        JobFolder folder,
        JobSpec spec,
        string? traceParent,
        IReadOnlyDictionary<string, string> variables,
        ProcessLimits limits,
        TrainingOptions options,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        using var log = new TrainerLog(folder.LogFile, options.MaxLogBytes);
        log.WriteLine($"-- attempt {spec.Attempt}, {time.GetUtcNow():u}: {command.File} {string.Join(' ', command.Arguments)}");
        if (limits.Describe() is { } held) log.WriteLine($"-- limits: {held}");
        using var process = CpuAffinity.RunOn(limits.Cpus, () => Start(command, folder, spec, traceParent, variables, options));
        CrashPoint.Reach("training.after-start");

        using var streams = new CancellationTokenSource();
        var output = Task.WhenAll(
            log.CopyAsync(process.StandardOutput.BaseStream, streams.Token),
            log.CopyAsync(process.StandardError.BaseStream, streams.Token));

        var ending = AttemptEnding.Exited;
        string? details = null;
        using (var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(spec.Resources.MaxSeconds), time))
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token))
        using (var watched = CancellationTokenSource.CreateLinkedTokenSource(stop.Token))
        {
            var exit = process.WaitForExitAsync(stop.Token);
            var memory = limits.MemoryBytes is { } most ? WatchMemoryAsync(folder, most, time, watched.Token) : null;
            try
            {
                if (memory is not null && await Task.WhenAny(exit, memory).ConfigureAwait(false) == memory && await memory.ConfigureAwait(false) is { } used)
                {
                    ending = AttemptEnding.OutOfMemory;
                    details = $"{used:N0} of {limits.MemoryBytes:N0} bytes";
                    process.Kill(entireProcessTree: true);
                }

                await exit.ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                if (ending == AttemptEnding.Exited) ending = cancellationToken.IsCancellationRequested ? AttemptEnding.Stopped : AttemptEnding.TimedOut;
                await TerminateAsync(process, options.GracePeriod, time).ConfigureAwait(false);
            }

            await watched.CancelAsync().ConfigureAwait(false);
        }

        // What the trainer started may outlive it and hold its pipes.
        await JobProcesses.KillAsync(folder, time).ConfigureAwait(false);
        try
        {
            await output.WaitAsync(LastOutput, time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TimeoutException or IOException)
        {
            await streams.CancelAsync().ConfigureAwait(false);
        }

        log.WriteLine($"-- {ending.ToString().ToLowerInvariant()}, exit code {process.ExitCode}{(details is null ? "" : $", {details}")}");
        return new AttemptResult(ending, process.ExitCode, details);
    }

    private static Process Start((string File, string[] Arguments) command, JobFolder folder, JobSpec spec, string? traceParent, IReadOnlyDictionary<string, string> variables, TrainingOptions options)
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
        start.Environment["MESH_COMMAND"] = JsonSerializer.Serialize(options.MeshCommand);
        foreach (var (name, value) in variables) start.Environment[name] = value;
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

    /// <summary>Returns what the job's processes use once it is more than they may; null when cancelled.</summary>
    private static async Task<long?> WatchMemoryAsync(JobFolder folder, long maxBytes, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(MemoryCheck, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested) return null;
            if (JobProcesses.ResidentBytes(folder) is var used && used > maxBytes) return used;
        }
    }

    private static async Task TerminateAsync(Process process, TimeSpan grace, TimeProvider time)
    {
        if (!OperatingSystem.IsWindows()) JobProcesses.Signal(process.Id, JobProcesses.SignalTerminate);
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
}
