using System.Diagnostics;
using Xunit;

namespace Mesh.Testing;

/// <summary>Somebody else's program, run to its end.</summary>
public static class ToolProcess
{
    /// <summary>Runs a program that must end with 0 and returns what it printed.</summary>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var token = TestContext.Current.CancellationToken;
        var output = process.StandardOutput.ReadToEndAsync(token);
        var errors = process.StandardError.ReadToEndAsync(token);
        await process.WaitForExitAsync(token);
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{await errors}\n{await output}");
        return await output;
    }
}
