using Mesh.Cli.Help;
using Mesh.Cli.Tests.CommandLines;

namespace Mesh.Cli.Tests.Help;

/// <summary>What every command has: a description, an example that parses, <c>--json</c>, a place in the help.</summary>
public class CommandTreeTests
{
    private static readonly System.CommandLine.RootCommand Root = MeshProgram.CreateRoot();

    // Commands without --json, and why.
    private static readonly Dictionary<string, string> WithoutJson = new()
    {
        ["cat"] = "prints JSON lines as it is",
        ["subscribe"] = "prints JSON lines as it is",
        ["api"] = "prints a JSON document as it is",
        ["completion"] = "prints a script for a shell",
    };

    private static IReadOnlyList<CommandNode> Leaves => [.. new CommandNode("", Root).All.Where(node => node.IsLeaf)];

    [Fact]
    public void Every_command_has_an_example() => Leaves.Where(leaf => ExampleList.Of(leaf.Path).Count == 0).Select(leaf => leaf.Line).ShouldBeEmpty("add one to a list in src/Mesh.Cli/Help/Examples");

    [Fact]
    public void Every_example_is_a_command_as_it_stands()
    {
        var read = Shell.ReadLines("bash", ExampleList.All.Select(example => example.Line));
        read.Count.ShouldBe(ExampleList.All.Count);
        foreach (var (example, words) in ExampleList.All.Zip(read))
        {
            var parsed = Root.Parse(words);
            UsageErrors.Of(parsed).ShouldBeEmpty(example.Line);
            CommandNode.Of(parsed.CommandResult.Command).IsLeaf.ShouldBeTrue(example.Line);
            example.What.EndsWith('.').ShouldBeFalse(example.Line);
        }
    }

    [Fact]
    public void Every_command_prints_json_when_asked_to()
    {
        var without = Leaves.Where(leaf => leaf.Command.Options.All(option => option.Name != "--json")).Select(leaf => leaf.Path);

        without.Order().ShouldBe(WithoutJson.Keys.Order());
    }

    [Fact]
    public void Every_command_argument_and_option_says_what_it_is()
    {
        foreach (var node in new CommandNode("", Root).All)
        {
            node.Description.ShouldEndWith(".", Case.Sensitive, node.Line);
            foreach (var argument in node.Arguments) argument.Description.ShouldNotBeNullOrEmpty($"{node.Line} {argument.Name}");
            foreach (var option in node.OwnOptions.Where(option => option.Name != "--version")) option.Description.ShouldNotBeNullOrEmpty($"{node.Line} {option.Name}");
        }
    }

    [Fact]
    public void An_option_means_the_same_kind_of_value_everywhere()
    {
        foreach (var options in Leaves.SelectMany(leaf => leaf.Command.Options).Where(option => option.Name is "--limit" or "--json" or "--dry-run" or "--wait" or "--server" or "--token" or "--data").GroupBy(option => option.Name))
        {
            options.Select(option => Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType).Select(type => type == typeof(long) ? typeof(int) : type).Distinct().Count().ShouldBe(1, options.Key);
        }
    }

    [Fact]
    public void Every_command_has_one_place_on_the_first_page() =>
        CommandGroups.All.SelectMany(group => group.Names).Order().ShouldBe(new CommandNode("", Root).Children.Select(child => child.Path).Order());

    [Fact]
    public void Exit_codes_are_explained_for_commands_that_exist() =>
        ExitCodeNotes.Paths.Except(Leaves.Select(leaf => leaf.Path)).ShouldBeEmpty();

    [Fact]
    public void Every_page_of_the_help_fits_its_width()
    {
        foreach (var node in new CommandNode("", Root).All)
        {
            var text = new StringWriter();
            HelpPage.Write(node, text, 80);
            // Examples and usage are lines to copy, and stay whole.
            var tooWide = text.ToString().Split('\n').Where(line => line.Length > 80 && !line.StartsWith("  mesh ", StringComparison.Ordinal));
            tooWide.Where(line => line.TrimStart().Contains(' ', StringComparison.Ordinal)).ShouldBeEmpty(node.Line);
            text.ToString().ShouldContain("Usage:");
        }
    }
}
