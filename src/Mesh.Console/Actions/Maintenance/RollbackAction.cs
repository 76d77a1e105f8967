using Mesh.Commands.CommandLines;
using Mesh.Commands.Maintenance;
using Mesh.Console.Components;
using Mesh.Console.Hosting;
using Mesh.Console.Pages;
using Mesh.Model;

namespace Mesh.Console.Actions.Maintenance;

/// <summary>Makes an earlier state of a table its current one.</summary>
public sealed class RollbackAction(ConsoleServices services) : TableAction("rollback-table", "Go back to an earlier state of a table")
{
    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields => [TableField, new("to", "Snapshot id, branch or tag") { IsRequired = true, Hint = "One that the current state came from." }];

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string table = TableOf(fields);
        var request = new RollbackRequest { To = fields.Text("to") };
        var report = await services.Maintenance.RollbackAsync(table, request with { DryRun = true }, cancellationToken).ConfigureAwait(false);
        return new ActionPlan($"Take {table} back by {Format.Count(report.Undone.Count)} snapshots", request.ToCommandLine(table))
        {
            Facts =
            [
                ("Table", report.Table), ("Back to snapshot", report.SnapshotId.ToString(System.Globalization.CultureInfo.InvariantCulture)),
                ("Rows", $"{Format.Count(report.RowsBefore)} → {Format.Count(report.RowsAfter)}"), ("Recordings whose rows go", Format.Count(report.FreedRecordings)),
            ],
            Columns = ["Snapshot that is undone", "Committed (UTC)", "What it did", "Rows added", "Rows with it"],
            Rows = [.. report.Undone.Take(MaxRows).Select(undone => (string[])[undone.SnapshotId.ToString(System.Globalization.CultureInfo.InvariantCulture), Format.Time(undone.CommittedAt), undone.Operation, Format.Count(undone.AddedRows), Format.Count(undone.TotalRows)])],
            Warnings =
            [
                "What is undone can be read by its snapshot id until it expires; name it first if it is to stay.",
                .. report.FreedRecordings > 0 ? ["Publishing the same recordings again does not bring their rows back: they are known as received."] : (string[])[],
            ],
            Verb = "Go back",
            IsDestructive = true,
            Obstacle = report.Undone.Count == 0 ? "The table is at that snapshot already." : null,
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string table = TableOf(fields);
        var report = await services.Maintenance.RollbackAsync(table, new RollbackRequest { To = fields.Text("to") }, cancellationToken).ConfigureAwait(false);
        return Done($"{Format.Count(report.Undone.Count)} snapshots were undone; the table has {Format.Count(report.RowsAfter)} rows now.", table);
    }
}
