using Mesh.Commands.CommandLines;
using Mesh.Commands.Maintenance;
using Mesh.Console.Components;
using Mesh.Console.Hosting;
using Mesh.Console.Pages;
using Mesh.Model;

namespace Mesh.Console.Actions.Maintenance;

/// <summary>Moves old files of a table to colder storage classes, by the rules of its product.</summary>
public sealed class TierAction(ConsoleServices services) : TableAction("tier-table", "Move files to colder storage")
{
    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields => [TableField];

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string table = TableOf(fields);
        var report = await services.Maintenance.TierAsync(table, new DryRunRequest(true), cancellationToken).ConfigureAwait(false);
        return new ActionPlan($"Move {Format.Count(report.Due.Sum(due => due.Files))} files of {table} to colder storage", MaintenanceLines.Tier(new DryRunRequest(false), table))
        {
            Facts = [("Table", report.Table), ("Files due", Format.Count(report.Due.Sum(due => due.Files))), ("Their size", Format.Bytes(report.Due.Sum(due => due.Bytes)))],
            Columns = ["From", "To", "Files", "Size"],
            Rows = [.. report.Due.Select(due => (string[])[due.From, due.To, Format.Count(due.Files), Format.Bytes(due.Bytes)])],
            Warnings = report.Due.Count == 0 ? [] : ["Files only ever get colder. Reading them may take longer, and cost."],
            Verb = "Move",
            Obstacle = report.Hindrance ?? (report.Due.Count == 0 ? "No file is due: the product has no tier rules in its topology, or none applies yet." : null),
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string table = TableOf(fields);
        var report = await services.Maintenance.TierAsync(table, new DryRunRequest(false), cancellationToken).ConfigureAwait(false);
        return Done($"{Format.Count(report.Moved)} files were moved, or marked for the store to move.", table);
    }
}
