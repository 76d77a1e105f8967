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

        foreach (var row in rows) table.AddRow([.. row.Select(cell => new Text(Shorten(cell)))]);
        var console = AnsiConsole.Console;
        if (Terminal.IsOutputRedirected) console.Profile.Width = 2000;
        console.Write(table);
    }

    /// <summary>A cell is one line of bounded width, whatever a recording calls its channels.</summary>
    private static string Shorten(string cell)
    {
        const int Longest = 100;
        string line = new([.. cell.Select(character => char.IsControl(character) ? ' ' : character)]);
        return line.Length <= Longest ? line : line[..(Longest - 1)] + "…";
    }

    /// <summary>Prints labelled values, one a line.</summary>
    public static void Facts(IEnumerable<(string Label, string? Value)> facts)
    {
        var present = facts.Where(fact => !string.IsNullOrEmpty(fact.Value)).ToList();
        int width = present.Max(fact => fact.Label.Length);
        foreach (var (label, value) in present) Terminal.Out.WriteLine($"{label.PadRight(width)}  {value}");
    }
}
