using System.Diagnostics;
using System.Text.RegularExpressions;
using Mesh.Cli.Completion;
using Mesh.Cli.Tests.CommandLines;

namespace Mesh.Cli.Tests.Completion;

/// <summary>The scripts in the shells they are for, with the program itself answering.</summary>
public sealed class CompletionScriptsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("mesh-completion").FullName;

    public CompletionScriptsTests()
    {
        string program = Path.Combine(folder, "mesh");
        File.WriteAllText(program, $"#!/bin/sh\nexec dotnet '{typeof(MeshProgram).Assembly.Location}' \"$@\"\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.WriteAllText(Path.Combine(folder, "a drive.mcap"), "");
    }

    [Theory]
    [InlineData("mesh recordi", "recordings")]
    [InlineData("mesh recordings ", "clocks|export|list|show|signals|withdraw|withdrawn")]
    [InlineData("mesh replay start --top", "--topology")]
    [InlineData("mesh jobs read --holdouts=ex", "exclude")]
    [InlineData("mesh jobs read --holdouts ", "exclude|include|only")]
    [InlineData("mesh publish a", "a drive.mcap")]
    [InlineData("mesh config show kafka.po", "kafka.port")]
    [InlineData("mesh publish \"a dr", "a drive.mcap")]
    [InlineData("mesh publish a\\ dr", "a drive.mcap")]
    public void Bash_completes(string line, string expected)
    {
        // What readline does: the words cut as it cuts them, then the function that `complete` has registered.
        string words = string.Join(' ', Cut(line).Select(word => $"'{word}'"));
        string script = CompletionScripts.All["bash"] + $"""
            complete -p mesh >&2 || exit 9
            COMP_LINE='{line}' COMP_POINT={line.Length} COMP_WORDS=({words}) COMP_CWORD={Cut(line).Count - 1}
            _mesh mesh
            printf '%s\n' "${"{COMPREPLY[@]}"}"
            """;

        var (output, error) = Run("bash", ["--noprofile", "--norc"], script);

        error.ShouldContain("complete -F _mesh mesh");
        Normal(output).ShouldBe(expected);
    }

    [Theory]
    [InlineData("mesh recordi", "recordings")]
    [InlineData("mesh recordings ", "clocks|export|list|show|signals|withdraw|withdrawn")]
    [InlineData("mesh jobs read --holdouts=ex", "--holdouts=exclude")]
    [InlineData("mesh publish a", "a drive.mcap")]
    public void Fish_completes(string line, string expected)
    {
        if (!Shell.Has("fish")) Assert.Skip("fish is not installed: apt-get install fish");
        string script = CompletionScripts.All["fish"] + $"\ncomplete -C '{line}'\n";

        var (output, _) = Run("fish", ["--no-config"], script);

        Normal(output).ShouldBe(expected);
    }

    [Theory]
    [InlineData("mesh recordi", "mesh recordings ")]
    [InlineData("mesh replay start --topo", "mesh replay start --topology ")]
    [InlineData("mesh publish a", "mesh publish a\\ drive.mcap ")]
    public void Zsh_completes(string line, string expected)
    {
        if (!Shell.Has("zsh")) Assert.Skip("zsh is not installed: apt-get install zsh");
        File.WriteAllText(Path.Combine(folder, "_mesh"), CompletionScripts.All["zsh"]);
        // Zsh completes only in a line that is edited: a pseudo-terminal of its own, in which a key shows the line that has come of it.
        string script = $$"""
            zmodload zsh/zpty
            zpty z zsh -f -i
            zpty -w z "fpath=({{folder}} \$fpath); autoload -Uz compinit; compinit -u -D; show() { print -r -- \"<<\$BUFFER>>\"; zle kill-whole-line }; zle -N show; bindkey '^X' show; PS1=; print REA''DY"
            while zpty -r z said; do [[ $said == *READY* ]] && break; done
            zpty -w -n z $'{{line}}\t\x18'
            while zpty -r z said; do [[ $said == *'<<'*'>>'* ]] && { print -r -- "$said"; break; }; done
            zpty -d z
            """;

        var (output, _) = Run("zsh", ["-f"], script);

        output.ShouldContain($"<<{expected}>>");
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    // Bash parts words at blanks that are neither quoted nor escaped, and at = and :, each of which is a word of its own.
    private static IReadOnlyList<string> Cut(string line) =>
    [
        .. Regex.Matches(line, @"(?:\\.|""[^""]*""?|[^\s\\""])+").SelectMany(word => Regex.Split(word.Value, "([=:])")),
        .. line.EndsWith(' ') ? [""] : (ReadOnlySpan<string>)[],
    ];

    private static string Normal(string output) => string.Join('|', output.Split('\n').Select(line => line.Split('\t')[0].Trim()).Where(line => line.Length > 0).Order(StringComparer.Ordinal));

    private (string Output, string Error) Run(string shell, string[] options, string script)
    {
        var start = new ProcessStartInfo(shell, options) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        start.Environment["PATH"] = $"{folder}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["HOME"] = folder;
        using var process = Process.Start(start)!;
        process.StandardInput.Write(script);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (output, error.GetAwaiter().GetResult());
    }
}
