using Mesh.Cli.Completion;

namespace Mesh.Cli.Tests.Completion;

public class CompletionFinderTests
{
    [Theory]
    [InlineData("recor", "recordings")]
    [InlineData("recordings |sh", "show")]
    [InlineData("catalogue |re", "")]
    [InlineData("replay start |--to", "--topology --token")]
    [InlineData("replay start --topology x |--to", "--token")]
    [InlineData("jobs read --holdouts |", "exclude include only")]
    [InlineData("jobs read |--holdouts=ex", "--holdouts=exclude")]
    [InlineData("deadletters list --state |o", "open")]
    [InlineData("publish |", ":files")]
    [InlineData("publish a.mcap |b", ":files")]
    [InlineData("models verify |", ":folders")]
    [InlineData("models verify bundle |", "")]
    [InlineData("studies export x --output |", ":files")]
    [InlineData("recordings list --config |", ":files")]
    [InlineData("recordings show -- |--", "")]
    [InlineData("completion |", "bash fish zsh")]
    [InlineData("config show |http.po", "http.port")]
    [InlineData("--he", "--help")]
    [InlineData("nonsense |", "")]
    public void The_last_word_becomes_what_the_command_line_would_take(string line, string expected)
    {
        string[] words = line.Contains('|', StringComparison.Ordinal) ? [.. line.Split('|')[0].Trim().Split(' '), line.Split('|')[1]] : line.Split(' ');

        CompletionFinder.Find(MeshProgram.CreateRoot(), words).Select(completion => completion.Text).Order(StringComparer.Ordinal)
            .ShouldBe(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }
}
