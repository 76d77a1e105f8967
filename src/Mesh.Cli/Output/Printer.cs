using System.Text.Json;
using Mesh.Commands;
using Spectre.Console;

namespace Mesh.Cli.Output;

/// <summary>Prints results: tables for people, JSON for programs.</summary>
internal static class Printer
{
    /// <summary>Prints a result as one JSON document.</summary>
    public static void Json<T>(T result) => Terminal.Out.WriteLine(JsonSerializer.Serialize(result, MeshJson.Options));

    /// <summary>Prints a table; numbers right-aligned. A terminal gets it fitted, a pipe gets it whole.</summary>
    public static void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows, IReadOnlySet<int>? rightAligned = null)
    {
        var table = new Table { Border = TableBorder.Simple };
        for (int i = 0; i < columns.Count; i++)
        {
            var column = new TableColumn(Markup.Escape(columns[i])) { NoWrap = true };
            if (rightAligned?.Contains(i) == true) column.Alignment = Justify.Right;
            table.AddColumn(column);
        }

        foreach (var row in rows) table.AddRow([.. row.Select(cell => new Text(OneLine(cell, 100)))]);
        var console = AnsiConsole.Console;
        if (Terminal.IsOutputRedirected) console.Profile.Width = 2000;
        console.Write(table);
    }

    /// <summary>Text of a recording as one line of bounded width: whatever it calls its channels or says of itself, the terminal stays in order.</summary>
    public static string OneLine(string text, int longest = 300)
    {
        string line = string.Join(' ', new string([.. text.Select(character => char.IsControl(character) ? ' ' : character)]).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= longest ? line : line[..(longest - 1)] + "…";
    }

    /// <summary>Prints labelled values, one a line.</summary>
    public static void Facts(IEnumerable<(string Label, string? Value)> facts)
    {
        var present = facts.Where(fact => !string.IsNullOrEmpty(fact.Value)).ToList();
        int width = present.Max(fact => fact.Label.Length);
        foreach (var (label, value) in present) Terminal.Out.WriteLine($"{label.PadRight(width)}  {value}");
    }
}
