using System.Diagnostics;
using Xunit;

namespace Mesh.Testing;

/// <summary>Prometheus' own programs, which hold our metrics and rules against its rules.</summary>
public static class Prometheus
{
    /// <summary>Path of <c>promtool</c> or <c>prometheus</c>; skips the test where it is not installed.</summary>
    public static string RequireTool(string name)
    {
        string? found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(found is null, $"{name} is not installed: apt-get install prometheus");
        return found!;
    }

    /// <summary>Has the metrics checked; the exit code and what was said.</summary>
    public static Task<(int ExitCode, string Output)> CheckMetricsAsync(string promtool, string metrics) => RunAsync(promtool, metrics, "check", "metrics");

    /// <summary>Has a file of rules checked.</summary>
    public static Task<(int ExitCode, string Output)> CheckRulesAsync(string promtool, string file) => RunAsync(promtool, "", "check", "rules", file);

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, string input, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await errors);
    }
}
