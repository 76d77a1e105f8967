using System.Diagnostics;

namespace Mesh.Fuzz;

/// <summary>Tries input after input on a target and watches over each from a thread of its own.</summary>
public sealed class FuzzRunner(FuzzTarget target, FuzzOptions options)
{
    private static readonly TimeSpan Watch = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    private readonly List<FuzzFinding> findings = [];
    private readonly HashSet<string> known = [];
    private int failures;
    private int accepted;
    private bool isAborted;

    /// <summary>Runs; blocks the calling thread, which does the watching.</summary>
    public FuzzReport Run(CancellationToken cancellationToken)
    {
        var samples = Task.Run(() => target.LoadAsync(cancellationToken), cancellationToken).GetAwaiter().GetResult();
        using var process = Process.GetCurrentProcess();
        var running = Stopwatch.StartNew();
        (long Bytes, int Input) most = default;
        (TimeSpan Time, int Input) longest = default;
        int inputs = 0;
        for (int at = options.First; inputs < options.MaxInputs && running.Elapsed < options.Duration && !isAborted; at++, inputs++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var random = new Random(unchecked((options.Seed * 1_000_003) + at));
            var input = target.MutateAsync(samples, random, cancellationToken).AsTask().GetAwaiter().GetResult();

            process.Refresh();
            var cpuBefore = process.TotalProcessorTime;
            long allocatedBefore = GC.GetTotalAllocatedBytes();
            Try(input, at, random, process, cpuBefore);
            long allocated = GC.GetTotalAllocatedBytes() - allocatedBefore;
            process.Refresh();
            var cpu = process.TotalProcessorTime - cpuBefore;
            if (allocated > most.Bytes) most = (allocated, at);
            if (cpu > longest.Time) longest = (cpu, at);
            if (allocated > options.MaxAllocatedBytes) Report(input, at, $"allocated {allocated:N0} bytes for an input of {input.Bytes.Length:N0}", "allocated " + input.Name);
        }

        return new FuzzReport(target.Name, inputs, accepted, findings, failures, most, longest, isAborted);
    }

    private void Try(FuzzSample input, int at, Random random, Process process, TimeSpan cpuBefore)
    {
        using var stop = new CancellationTokenSource();
        var watch = Stopwatch.StartNew();
        var work = Task.Run(() => target.RunAsync(input, random, stop.Token), CancellationToken.None);
        string? hang = null;
        while (!Ended(work, Watch))
        {
            process.Refresh();
            var cpu = process.TotalProcessorTime - cpuBefore;
            if (cpu < options.MaxCpu && watch.Elapsed < options.MaxWall) continue;
            hang = $"not done after {cpu.TotalSeconds:0} s of processor time, {watch.Elapsed.TotalSeconds:0} s in all";
            stop.Cancel();
            isAborted = !Ended(work, Grace);
            break;
        }

        if (isAborted)
        {
            Report(input, at, $"{hang}, and does not listen to being stopped", "deaf " + input.Name);
            return;
        }

        try
        {
            if (work.GetAwaiter().GetResult()) accepted++;
            if (hang is not null) Report(input, at, $"{hang}; ended when stopped", "slow " + input.Name);
        }
        catch (Exception exception)
        {
            if (hang is not null) Report(input, at, $"{hang}; where it was stopped:\n{exception.StackTrace}", "hang " + Place(exception));
            else Report(input, at, exception.ToString(), exception is FuzzException ? Letters(exception.Message) : exception.GetType().Name + Place(exception));
        }
    }

    private static bool Ended(Task work, TimeSpan within)
    {
        try
        {
            return work.Wait(within);
        }
        catch (AggregateException)
        {
            return true;
        }
    }

    /// <summary>The first place in the code under test.</summary>
    private static string Place(Exception exception) =>
        (exception.StackTrace ?? "").Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.StartsWith("at Mesh.", StringComparison.Ordinal)) ?? exception.Message;

    /// <summary>The words of a message up to its first detail.</summary>
    private static string Letters(string message)
    {
        int end = message.IndexOf(':', StringComparison.Ordinal);
        return string.Concat((end < 0 ? message : message[..end]).Where(char.IsLetter));
    }

    private void Report(FuzzSample input, int at, string what, string key)
    {
        failures++;
        if (!known.Add(key)) return;
        var finding = new FuzzFinding(target.Name, options.Seed, at, input.Name, what, key);
        findings.Add(finding);
        if (options.FindingsFolder is not { } folder) return;
        string place = Path.Combine(folder, $"{target.Name}-{options.Seed}-{at}");
        Directory.CreateDirectory(place);
        File.WriteAllBytes(Path.Combine(place, Path.GetFileName(input.Name)), input.Bytes);
        foreach (var (name, bytes) in input.Beside) File.WriteAllBytes(Path.Combine(place, Path.GetFileName(name)), bytes);
        File.WriteAllText(Path.Combine(place, "finding.txt"), finding.ToString());
    }
}
