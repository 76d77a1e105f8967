using System.Reflection;
using Mesh.Commands.CommandLines;

namespace Mesh.Cli.Tests.CommandLines;

public class PageLinesTests
{
    private static IEnumerable<Type> Pages => new[] { typeof(IPageLines).Assembly, Assembly.Load("Mesh.Console"), typeof(MeshProgram).Assembly }
        .SelectMany(assembly => assembly.GetTypes()).Where(type => type is { IsClass: true } && type.GetInterfaces().Contains(typeof(IPageLines)));

    [Fact]
    public void Pages_show_lines() => Pages.ShouldNotBeEmpty();

    [Fact]
    public void Every_line_that_a_page_shows_is_a_command_as_it_stands()
    {
        var root = MeshProgram.CreateRoot();
        foreach (var page in Pages)
        {
            string address = (string)page.GetProperty(nameof(IPageLines.Page))!.GetValue(null)!;
            var samples = (IReadOnlyList<CommandLine>)page.GetProperty(nameof(IPageLines.Samples))!.GetValue(null)!;
            samples.ShouldNotBeEmpty(address);
            foreach (var (line, words) in samples.Zip(Shell.Read("bash", samples)))
            {
                words.Length.ShouldBe(line.Words.Count, $"{address}: {line}");
                var parsed = root.Parse(words);
                parsed.Errors.Select(error => error.Message).ShouldBeEmpty($"{address}: {line}");
                parsed.CommandResult.Command.Action.ShouldNotBeNull($"{address}: {line} only groups commands");
            }
        }
    }
}
