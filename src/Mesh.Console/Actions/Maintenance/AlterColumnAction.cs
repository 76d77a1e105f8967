using Mesh.Commands.CommandLines;
using Mesh.Commands.Maintenance;
using Mesh.Console.Components;
using Mesh.Console.Hosting;
using Mesh.Console.Pages;
using Mesh.Model;

namespace Mesh.Console.Actions.Maintenance;

/// <summary>Changes a column of a table. No file is written again.</summary>
public sealed class AlterColumnAction(ConsoleServices services) : TableAction("alter-column", "Change a column")
{
    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields =>
    [
        TableField,
        new("change", "Change")
        {
            IsRequired = true,
            Choices = [("doc", "Describe it"), ("rename", "Rename it"), ("optional", "Let values be absent"), ("widen", "Widen its type"), ("add", "Add it"), ("drop", "Drop it")],
        },
        new("column", "Column") { IsRequired = true, Hint = "Names joined by dots lead into structs." },
        new("value", "New name, type or description") { Hint = "A name without its path; a type as Iceberg names it: long, double, decimal(9, 2); an empty description takes it away." },
    ];

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string table = TableOf(fields);
        var change = ChangeOf(fields);
        var details = await services.Queries.FindTableAsync(table, cancellationToken).ConfigureAwait(false) ?? throw TableText.Unknown(table);
        var column = details.Columns.FirstOrDefault(known => known.Name == change.Column);
        if (column is null && change.Action != ColumnAction.Add) throw new MeshException("MESH11038", $"{details.Summary.Table} has no column '{change.Column}'. Its page lists them.");
        if (change.Value is null && change.Action is ColumnAction.Rename or ColumnAction.Widen or ColumnAction.Add) throw new MeshException("MESH11085", "The new name or type is missing.");
        var (before, after) = change.Action switch
        {
            ColumnAction.Rename => (column!.Name, string.Concat(column.Name.AsSpan(0, column.Name.LastIndexOf('.') + 1), change.Value)),
            ColumnAction.Drop => (column!.Type, "no such column"),
            ColumnAction.Optional => (column!.Nullable ? "may be absent" : "always there", "may be absent"),
            ColumnAction.Widen => (column!.Type, change.Value!),
            ColumnAction.Add => (column is null ? "no such column" : column.Type, change.Value + ", may be absent"),
            _ => (column!.Doc ?? "not described", change.Value ?? "not described"),
        };
        return new ActionPlan($"{Verb(change.Action)} column {change.Column} of {table}", CatalogueLines.Alter(change, table))
        {
            Facts = [("Table", details.Summary.Table), ("Column", change.Column), ("Before", before), ("After", after), ("Files", "none is written again")],
            Warnings = change.Action switch
            {
                ColumnAction.Rename => ["Readers that use the old name fail. With the next recording that has the old name, a column of that name comes back beside this one."],
                ColumnAction.Drop => ["The values are not erased: files and earlier snapshots keep them. A recording that has the column brings a new one of that name."],
                ColumnAction.Widen => ["It cannot be made narrow again."],
                _ => [],
            },
            Verb = Verb(change.Action),
            IsDestructive = change.Action is ColumnAction.Drop or ColumnAction.Rename,
            Obstacle = change.Action == ColumnAction.Add && column is not null ? "There is such a column already." : before == after ? "It is like that already." : null,
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string table = TableOf(fields);
        var change = ChangeOf(fields);
        await services.Maintenance.AlterAsync(table, new AlterRequest { Changes = [change] }, cancellationToken).ConfigureAwait(false);
        return new ActionOutcome($"Column {change.Column} was changed.", DataUrls.Product(table, "schema"));
    }

    private static ColumnChange ChangeOf(FormFields fields)
    {
        if (!Enum.TryParse<ColumnAction>(fields.Text("change"), ignoreCase: true, out var action) || !Enum.IsDefined(action)) throw new MeshException("MESH13003", $"'{fields.Text("change")}' is no change of a column.");
        return new ColumnChange(action, fields.Text("column") ?? "", action is ColumnAction.Drop or ColumnAction.Optional ? null : fields.Text("value"));
    }

    private static string Verb(ColumnAction action) => action switch
    {
        ColumnAction.Rename => "Rename",
        ColumnAction.Drop => "Drop",
        ColumnAction.Optional => "Make optional",
        ColumnAction.Widen => "Widen",
        ColumnAction.Add => "Add",
        _ => "Describe",
    };
}
