using System.Diagnostics;
using Mesh.Commands.CommandLines;

namespace Mesh.Cli.Tests.CommandLines;

/// <summary>A real shell that is asked how it reads command lines: in it <c>mesh</c> is a function that says its words back.</summary>
internal static class Shell
{
    /// <summary>The words the shell would start <c>mesh</c> with, line by line.</summary>
    public static IReadOnlyList<string[]> Read(string shell, IEnumerable<CommandLine> lines) => ReadLines(shell, lines.Select(line => line.ToString()));

    /// <summary>The same of lines that somebody has typed.</summary>
    public static IReadOnlyList<string[]> ReadLines(string shell, IEnumerable<string> lines)
    {
        string script = "mesh() { printf '%s\\0' \"$#\" \"$@\"; }\n" + string.Join('\n', lines) + "\n";
        var start = new ProcessStartInfo(shell, shell == "zsh" ? ["-f"] : ["--noprofile", "--norc"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, StandardInputEncoding = new System.Text.UTF8Encoding(false), StandardOutputEncoding = System.Text.Encoding.UTF8,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        process.StandardInput.Write(script);
        process.StandardInput.Close();
        string said = output.GetAwaiter().GetResult();
        error.GetAwaiter().GetResult().ShouldBeEmpty();
        process.WaitForExit();
        string[] parts = said.Split('\0');
        var result = new List<string[]>();
        for (int at = 0; at < parts.Length - 1;)
        {
            int count = int.Parse(parts[at], System.Globalization.CultureInfo.InvariantCulture);
            result.Add(parts[(at + 1)..(at + 1 + count)]);
            at += 1 + count;
        }

        return result;
    }

    /// <summary>Whether it is installed.</summary>
    public static bool Has(string shell) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, shell)));
}
