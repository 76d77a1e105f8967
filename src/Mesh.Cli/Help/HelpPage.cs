using System.CommandLine;

namespace Mesh.Cli.Help;

/// <summary>The help of a command as text: what it is for, how it is written, examples.</summary>
internal static class HelpPage
{
    private const int Indent = 2;
    private const int WidestLabel = 30;

    /// <summary>Writes it.</summary>
    /// <param name="node">The command.</param>
    /// <param name="writer">Where to.</param>
    /// <param name="width">Columns of a line.</param>
    public static void Write(CommandNode node, TextWriter writer, int width)
    {
        WriteText(writer, node.Description, 0, width);
        Title(writer, "Usage");
        writer.WriteLine($"  {node.Usage}");
        if (node.Path.Length == 0) WriteGroups(node, writer, width);
        else if (!node.IsLeaf) WriteRows(writer, "Commands", [.. node.Children.Select(child => (Head(child), child.Description))], width);
        WriteRows(writer, "Arguments", [.. node.Arguments.Select(argument => (SymbolText.Usage(argument), argument.Description ?? ""))], width);
        WriteRows(writer, "Options", [.. node.OwnOptions.Select(Row)], width);
        WriteRows(writer, "Common options", [.. node.CommonOptions.Select(Row), .. node.Path.Length == 0 ? [] : (ReadOnlySpan<(string, string)>)[("-h, --help", "Show this.")]], width);
        WriteExamples(ExampleList.Of(node.Path), node.IsLeaf || node.Path.Length == 0 ? int.MaxValue : 4, writer, width);
        if (node.Path.Length == 0) WriteRows(writer, "Exit codes", [.. ExitCodeNotes.All.Select(row => (Number(row.Code), row.Meaning))], width);
        else WriteRows(writer, "Exit codes beside 0 done, 1 failed, 2 bad usage", [.. ExitCodeNotes.Of(node.Path).Select(row => (Number(row.Code), row.When))], width);
    }

    private static void WriteGroups(CommandNode root, TextWriter writer, int width)
    {
        foreach (var (title, names) in CommandGroups.All)
        {
            WriteRows(writer, title, [.. names.Select(name => root.Children.Single(child => child.Path == name)).Select(child => (child.Path, child.Description))], width, isShort: true);
        }
    }

    private static string Head(CommandNode child) => string.Join(' ', child.Arguments.Where(_ => child.IsLeaf).Select(SymbolText.Usage).Prepend(child.Command.Name));

    private static (string Label, string About) Row(Option option) => (SymbolText.Label(option), SymbolText.About(option));

    private static string Number(int code) => code.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static void WriteExamples(IReadOnlyList<Example> examples, int most, TextWriter writer, int width)
    {
        if (examples.Count == 0) return;
        Title(writer, "Examples");
        foreach (var example in examples.Take(most))
        {
            WriteText(writer, $"# {example.What}", Indent, width);
            writer.WriteLine($"  {example.Line}");
        }
    }

    private static void WriteRows(TextWriter writer, string title, IReadOnlyList<(string Label, string About)> rows, int width, bool isShort = false)
    {
        if (rows.Count == 0) return;
        Title(writer, title);
        int column = Indent + 2 + Math.Min(WidestLabel, rows.Max(row => row.Label.Length));
        foreach (var (label, about) in rows)
        {
            writer.Write(new string(' ', Indent) + label);
            string text = isShort && about.IndexOf(". ", StringComparison.Ordinal) is > 0 and int end ? about[..(end + 1)] : about;
            // A label that is too wide has its line for itself.
            if (Indent + label.Length + 2 > column) writer.WriteLine();
            else writer.Write(new string(' ', column - Indent - label.Length));
            WriteText(writer, text, column, width, isIndented: Indent + label.Length + 2 <= column);
        }
    }

    private static void Title(TextWriter writer, string title)
    {
        writer.WriteLine();
        writer.WriteLine($"{title}:");
    }

    private static void WriteText(TextWriter writer, string text, int indent, int width, bool isIndented = false)
    {
        int room = Math.Max(20, width - indent);
        string margin = new(' ', indent);
        string line = "";
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > room)
            {
                writer.WriteLine(isIndented ? line : margin + line);
                isIndented = false;
                line = word;
            }
            else
            {
                line = line.Length == 0 ? word : $"{line} {word}";
            }
        }

        writer.WriteLine(isIndented ? line : margin + line);
    }
}
