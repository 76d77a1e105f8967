using Mesh.Commands.CommandLines;
using Mesh.Commands.Maintenance;
using Mesh.Console.Components;
using Mesh.Console.Hosting;
using Mesh.Console.Pages;
using Mesh.Model;

namespace Mesh.Console.Actions.Maintenance;

/// <summary>Erases rows of a table by a condition.</summary>
public sealed class DeleteRowsAction(ConsoleServices services) : TableAction("delete-rows", "Erase rows of a table")
{
    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields =>
    [
        TableField,
        new("where", "Condition") { IsRequired = true, Hint = "Such as vehicle_id = 'V7', or recording_id = '…' AND log_time < '2026-01-05'. There is no default." },
        new("keep-files", "Only mark the rows") { IsFlag = true, Hint = "Quick, but the rows stay in the files until the table is compacted. Not for data protection." },
    ];

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string table = TableOf(fields);
        var request = RequestOf(fields);
        var report = await services.Maintenance.DeleteAsync(table, request with { DryRun = true }, cancellationToken).ConfigureAwait(false);
        var details = await services.Queries.FindTableAsync(table, cancellationToken).ConfigureAwait(false);
        int named = details?.References.Count(reference => reference.Name != "main") ?? 0;
        return new ActionPlan($"Erase {Format.Count(report.Rows)} rows of {table}", request.ToCommandLine(table))
        {
            Facts =
            [
                ("Table", report.Table), ("Condition", request.Where!), ("Rows erased", $"{Format.Count(report.Rows)} of {Format.Count(details?.Summary.Rows ?? 0)}"),
                ("Files dropped whole", Format.Count(report.FilesDropped)), ("Files written again without the rows", Format.Count(report.FilesRewritten)),
                ("Delete files written", Format.Count(report.DeleteFiles)), ("Branches and tags that keep the rows", Format.Count(named)),
            ],
            Warnings =
            [
                $"The {Format.Count(details?.Summary.Snapshots ?? 0)} snapshots of before still hold the rows: until they expire they can be read, and the table can go back to them. After that nothing brings the rows back.",
                .. request.KeepFiles ? ["The rows are only marked. Until the table is compacted they stay in the files, where any program that opens the files finds them."] : (string[])[],
                .. named > 0 ? [$"{named} branches or tags keep snapshots with the rows from expiring: drop them to have the rows gone."] : (string[])[],
            ],
            Verb = "Erase",
            IsDestructive = true,
            Obstacle = report.Rows == 0 ? "No row of the current table meets the condition." : null,
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string table = TableOf(fields);
        var report = await services.Maintenance.DeleteAsync(table, RequestOf(fields), cancellationToken).ConfigureAwait(false);
        return Done($"{Format.Count(report.Rows)} rows were erased. Snapshots of before still hold them: expire these to have the rows gone from the storage.", table);
    }

    private static DeleteRequest RequestOf(FormFields fields) => new() { Where = fields.Text("where"), KeepFiles = fields.Flag("keep-files") };
}
