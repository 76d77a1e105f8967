using System.CommandLine;
using System.Globalization;
using System.Text;
using Mesh.Commands.Configuration;

namespace Mesh.Cli.Help;

/// <summary>The reference as Markdown: a page per command of <c>mesh</c>, one of the settings, and one that leads to them.</summary>
internal static class ReferencePages
{
    private const string Made = "<!-- Made by `mesh reference --output docs/reference`; change the commands instead. -->";

    /// <summary>Writes all pages.</summary>
    /// <returns>Text of each page, by the name of its file.</returns>
    public static IReadOnlyDictionary<string, string> Write(RootCommand root)
    {
        var node = new CommandNode("", root);
        var pages = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["README.md"] = Index(node), ["settings.md"] = Settings() };
        foreach (var child in node.Children) pages[$"{child.Path}.md"] = Page(child);
        return pages;
    }

    private static string Index(CommandNode root)
    {
        var text = new StringBuilder($"# The commands of mesh\n\n{Made}\n\n{root.Description}\n\n");
        foreach (var (title, names) in CommandGroups.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"## {title}\n\n| command | what it does |\n|---|---|\n");
            foreach (var child in names.Select(name => root.Children.Single(child => child.Path == name))) text.Append(CultureInfo.InvariantCulture, $"| [`mesh {child.Path}`]({child.Path}.md) | {Cell(child.Description)} |\n");
            text.Append('\n');
        }

        text.Append("## What holds for all of them\n\n");
        text.Append("Results go to standard output, everything else to standard error. `--json` prints the result as JSON, names in snake_case.\n");
        text.Append("Commands that need a server find it by `--server`, `MESH_SERVER`, the server that has `--data DIR`, else at `http://127.0.0.1:8480`;\n");
        text.Append("those that only read open `--data DIR` themselves when no server has it. Where settings come from: [settings](settings.md).\n\n");
        text.Append("| exit code | what it says |\n|---|---|\n");
        foreach (var (code, meaning) in ExitCodeNotes.All) text.Append(CultureInfo.InvariantCulture, $"| {code} | {Cell(meaning)} |\n");
        text.Append("\nShells complete commands, options and values: `mesh completion bash|zsh|fish` prints the script, whose first lines say where it goes.\n");
        return text.ToString();
    }

    private static string Page(CommandNode node)
    {
        var text = new StringBuilder($"# mesh {node.Path}\n\n{Made}\n\n");
        if (node.IsLeaf) AppendCommand(text, node, "##");
        else
        {
            text.Append(CultureInfo.InvariantCulture, $"{node.Description}\n\n");
            foreach (var leaf in node.All.Where(leaf => leaf.IsLeaf))
            {
                text.Append(CultureInfo.InvariantCulture, $"## mesh {leaf.Path}\n\n");
                AppendCommand(text, leaf, "###");
            }
        }

        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static void AppendCommand(StringBuilder text, CommandNode node, string level)
    {
        text.Append(CultureInfo.InvariantCulture, $"{node.Description}\n\n```\n{node.Usage}\n```\n\n");
        if (node.Arguments.Count > 0)
        {
            text.Append("| argument | what it is |\n|---|---|\n");
            foreach (var argument in node.Arguments) text.Append(CultureInfo.InvariantCulture, $"| `{Cell(SymbolText.Usage(argument))}` | {Cell(argument.Description ?? "")} |\n");
            text.Append('\n');
        }

        if (node.OwnOptions.Count > 0)
        {
            text.Append("| option | what it does |\n|---|---|\n");
            foreach (var option in node.OwnOptions) AppendOption(text, option);
            text.Append('\n');
        }

        if (node.CommonOptions.Count > 0) text.Append(CultureInfo.InvariantCulture, $"Also: {string.Join(", ", node.CommonOptions.Select(option => $"`{SymbolText.Label(option)}`"))}.\n\n");
        var notes = ExitCodeNotes.Of(node.Path);
        if (notes.Count > 0)
        {
            text.Append("| exit code | beside what it says everywhere |\n|---|---|\n");
            foreach (var (code, when) in notes) text.Append(CultureInfo.InvariantCulture, $"| {code} | {Cell(when)} |\n");
            text.Append('\n');
        }

        var examples = ExampleList.Of(node.Path);
        if (examples.Count == 0) return;
        text.Append(CultureInfo.InvariantCulture, $"{level} Examples\n\n```sh\n");
        foreach (var example in examples) text.Append(CultureInfo.InvariantCulture, $"# {example.What}\n{example.Line}\n");
        text.Append("```\n\n");
    }

    private static void AppendOption(StringBuilder text, Option option) => text.Append(CultureInfo.InvariantCulture, $"| `{Cell(SymbolText.Label(option))}` | {Cell(SymbolText.About(option))} |\n");

    private static string Settings()
    {
        var text = new StringBuilder($"# Settings\n\n{Made}\n\n");
        text.Append("A flag wins over an environment variable, that over the file (`--config FILE`, else `./mesh.yaml`), that over the default.\n");
        text.Append("`mesh config show` tells what each is here, and where the value came from. In the file the dots are levels:\n\n");
        text.Append("```yaml\nkafka:\n  port: 9092\n```\n\n| setting | default | variable | what it does |\n|---|---|---|---|\n");
        foreach (var key in SettingKeys.All)
        {
            string fallback = key.Default.Length == 0 ? "" : $"`{Cell(key.Default)}`";
            text.Append(CultureInfo.InvariantCulture, $"| `{key.Name}{(key.IsMap ? ".…" : "")}`{(key.IsSecret ? " (secret)" : "")} | {fallback} | {(key.IsMap ? "" : $"`{key.EnvironmentVariable}`")} | {Cell(key.Description)} |\n");
        }

        return text.ToString();
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace('\n', ' ');
}
