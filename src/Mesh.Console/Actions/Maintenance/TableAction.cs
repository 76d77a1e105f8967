using Mesh.Console.Hosting;
using Mesh.Console.Pages;
using Mesh.Model;

namespace Mesh.Console.Actions.Maintenance;

/// <summary>An action on one table, by its own name or its product's.</summary>
public abstract class TableAction(string name, string title) : ConsoleAction(name, title)
{
    /// <summary>Rows of a plan that are shown.</summary>
    protected const int MaxRows = 200;

    /// <summary>The field that names the table.</summary>
    protected static ActionField TableField { get; } = new("table", "Table or product") { IsRequired = true };

    /// <summary>The table that the fields name.</summary>
    protected static string TableOf(FormFields fields) => fields.Text("table") ?? throw new MeshException("MESH13003", "Which table? Its own name or its product's is needed.");

    /// <summary>A duration in seconds; null when the field is empty.</summary>
    /// <exception cref="MeshException"><c>MESH13003</c>: it is none.</exception>
    protected static double? Seconds(FormFields fields, string name) => fields.Text(name) is not { } text ? null
        : DurationText.TryParse(text, out var duration) ? duration.TotalSeconds
        : throw new MeshException("MESH13003", $"'{name}' is '{text}', but should be a duration such as 10m, 12h or 5d.");

    /// <summary>A size in bytes; null when the field is empty.</summary>
    /// <exception cref="MeshException"><c>MESH13003</c>: it is none.</exception>
    protected static long? Bytes(FormFields fields, string name) => fields.Text(name) is not { } text ? null
        : ByteSizeText.TryParse(text, out long bytes) ? bytes
        : throw new MeshException("MESH13003", $"'{name}' is '{text}', but should be a size such as 128MiB.");

    /// <summary>What was done, with the page of the table.</summary>
    protected static ActionOutcome Done(string message, string table) => new(message, DataUrls.Maintenance(table));
}
