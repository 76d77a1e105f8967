using System.Text;
using System.Text.RegularExpressions;
using Mesh.Model;
using Mesh.Training.Compression.Targets;
using Mesh.Training.Compression.Tools;
using Mesh.Training.Jobs;

namespace Mesh.Training.Compression.Running;

/// <summary>Runs the commands of a variant as far as their tools are at hand.</summary>
internal sealed partial class VendorCommands(ToolSearch tools, long maxLogBytes, TimeProvider time)
{
    private const int VersionBytes = 256 << 10;

    /// <summary>Runs the commands in order; after one that did not run well the others do not run.</summary>
    /// <returns>What became of each, whether all ran well, and what failed (null when a tool is missing or nothing failed).</returns>
    public async Task<(IReadOnlyList<VariantCommand> Commands, bool IsComplete, string? Failure)> RunAsync(
        IReadOnlyList<PlannedCommand> planned, string folder, TimeSpan timeLimit, CancellationToken cancellationToken)
    {
        var commands = new List<VariantCommand>();
        string? stopped = null, failure = null;
        foreach (var (command, number) in planned.Select((command, i) => (command, i + 1)))
        {
            var described = new VariantCommand { Program = command.Programs[0], Arguments = command.Arguments };
            string missing = "";
            if (stopped is not null) commands.Add(described with { Reason = stopped });
            else if (Find(command, out missing) is not { } tool)
            {
                commands.Add(described with { Reason = missing });
                stopped = $"it takes what {command.Programs[0]} makes, which did not run";
            }
            else
            {
                string log = $"logs/{number}-{tool.Name}.log";
                var ran = await RunAsync(tool, described with { Program = tool.Name }, command.Makes, folder, log, timeLimit, cancellationToken).ConfigureAwait(false);
                commands.Add(ran);
                if (ran.Reason is null) continue;
                failure = $"{tool.Name}: {ran.Reason}";
                stopped = $"it takes what {tool.Name} makes, which failed";
            }
        }

        return (commands, stopped is null, failure);
    }

    private FoundTool? Find(PlannedCommand command, out string missing)
    {
        missing = "";
        foreach (string program in command.Programs)
        {
            if (tools.Find(program, out string why) is { } tool) return tool;
            if (missing.Length == 0) missing = why;
        }

        return null;
    }

    private async Task<VariantCommand> RunAsync(
        FoundTool tool, VariantCommand command, string makes, string folder, string log, TimeSpan timeLimit, CancellationToken cancellationToken)
    {
        string logFile = Path.Combine(folder, log);
        Directory.CreateDirectory(Path.GetDirectoryName(logFile)!);
        int? exitCode;
        try
        {
            exitCode = await ToolProcess.RunAsync(tool, command.Arguments, new JobFolder(folder), logFile, maxLogBytes, timeLimit, time, cancellationToken).ConfigureAwait(false);
        }
        catch (MeshException exception)
        {
            return command with { Reason = exception.Message };
        }

        command = command with { Ran = true, ExitCode = exitCode, ToolVersion = VersionIn(logFile) };
        if (exitCode is null) return command with { Reason = FormattableString.Invariant($"killed after {timeLimit.TotalSeconds:0.#} s; see {log}, or allow more with compiler.timeLimit") };
        if (exitCode != 0) return command with { Reason = FormattableString.Invariant($"exit code {exitCode}; see {log}") };
        return File.Exists(Path.Combine(folder, makes)) ? command : command with { Reason = $"exit code 0, but it left no {makes}; see {log}" };
    }

    /// <summary>The version that a tool prints as it runs; asking each for it alone would take an option of its own for every tool.</summary>
    private static string? VersionIn(string logFile)
    {
        using var stream = File.OpenRead(logFile);
        byte[] buffer = new byte[Math.Min(stream.Length, VersionBytes)];
        int read = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        string text = Encoding.UTF8.GetString(buffer, 0, read);
        if (TensorrtVersion().Match(text) is { Success: true } tensorrt && int.Parse(tensorrt.Groups[1].ValueSpan) is var number)
        {
            // v8601 is 8.6.1, v100300 is 10.3.0.
            return number >= 100_000 ? FormattableString.Invariant($"{number / 10_000}.{number / 100 % 100}.{number % 100}") : FormattableString.Invariant($"{number / 1000}.{number / 100 % 10}.{number % 100}");
        }

        return AnyVersion().Match(text) is { Success: true } any ? any.Groups[1].Value : null;
    }

    [GeneratedRegex(@"\[TensorRT v(\d{4,7})\]")]
    private static partial Regex TensorrtVersion();

    [GeneratedRegex(@"\bversion\s*[:=]?\s*v?(\d+(?:\.\w+)+)", RegexOptions.IgnoreCase)]
    private static partial Regex AnyVersion();
}
