using Mesh.Commands.CommandLines;

namespace Mesh.Cli.Tests.CommandLines;

public class CommandLineTests
{
    [Theory]
    [InlineData("plain-word_1.2@3%4+5=6:7,8/9", "plain-word_1.2@3%4+5=6:7,8/9")]
    [InlineData("", "''")]
    [InlineData("two words", "'two words'")]
    [InlineData("it's", "'it'\\''s'")]
    [InlineData("$(rm -rf ~)", "'$(rm -rf ~)'")]
    [InlineData("=cmd", "'=cmd'")]
    [InlineData("a\nb", "$'a\\nb'")]
    [InlineData("\u001b[2J", "$'\\033[2J'")]
    [InlineData("evil\u202etxt", "$'evil\\342\\200\\256txt'")]
    [InlineData("a\0b", "$'a\\357\\277\\275b'")]
    public void A_word_is_quoted_only_where_a_shell_or_a_reader_would_be_misled(string word, string quoted) => ShellWord.Quote(word).ShouldBe(quoted);

    [Fact]
    public void Arguments_come_before_options_unless_one_could_be_taken_for_an_option()
    {
        CommandLine.Of("recordings", "show").Argument("4f2a").Flag("--json").ToString().ShouldBe("mesh recordings show 4f2a --json");
        CommandLine.Of("recordings", "show").Argument("-4f").Flag("--json").ToString().ShouldBe("mesh recordings show --json -- -4f");
        CommandLine.Of("jobs", "cancel").Argument("a").Option("--reason", "-").ToString().ShouldBe("mesh jobs cancel a --reason=-");
    }

    [Fact]
    public void A_line_is_longer_only_by_what_is_given() =>
        CommandLine.Of("recordings", "list").Argument(null).Option("--vehicle", null).Options("--channel", null).Flag("--json", false).ToString().ShouldBe("mesh recordings list");

    [Fact]
    public void A_secret_is_named_and_not_printed()
    {
        var line = CommandLine.Of("status").Option("--server", "https://mesh.example").Secret("--token", "MESH_HTTP__TOKEN");

        line.ToString().ShouldBe("mesh status --server https://mesh.example --token \"$MESH_HTTP__TOKEN\"");
        line.Words[^1].ShouldBe("$MESH_HTTP__TOKEN");
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    public void A_real_shell_reads_the_words_that_were_printed(string shell)
    {
        if (!Shell.Has(shell)) Assert.Skip($"{shell} is not installed: apt-get install {shell}");
        var words = new HardWords(7);
        List<CommandLine> lines =
        [
            .. HardWords.All.Select(word => CommandLine.Of("publish").Argument(word).Option("--session", word)),
            .. Enumerable.Range(0, 300).Select(_ => CommandLine.Of("publish").Arguments(words.Words(1)).Option("--session", words.MaybeWord()).Options("--x", words.Words(0))),
        ];

        var read = Shell.Read(shell, lines);

        read.Count.ShouldBe(lines.Count);
        foreach (var (line, argv) in lines.Zip(read)) argv.ShouldBe(line.Words, line.ToString());
    }

    [Theory]
    [InlineData(1L, "1")]
    [InlineData(1024L, "1KiB")]
    [InlineData(1536L, "1536")]
    [InlineData(128L << 20, "128MiB")]
    [InlineData(3L << 50, "3072TiB")]
    public void A_size_is_written_in_the_largest_unit_that_divides_it(long bytes, string text) =>
        new Mesh.Commands.Maintenance.CompactRequest { MaxBytes = bytes }.ToCommandLine("t").Words[^1].ShouldBe(text);
}
