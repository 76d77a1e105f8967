using Mesh.Commands.CommandLines;
using Mesh.Commands.Maintenance;
using Mesh.Console.Components;
using Mesh.Console.Hosting;
using Mesh.Console.Pages;
using Mesh.Model;

namespace Mesh.Console.Actions.Maintenance;

/// <summary>Deletes files of a table that nothing refers to.</summary>
public sealed class RemoveOrphansAction(ConsoleServices services) : TableAction("remove-orphans", "Remove orphans of a table")
{
    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields =>
    [
        TableField,
        new("older-than", "Older than") { Hint = "Such as 1d; empty for the server's setting. Younger files may belong to a commit under way." },
    ];

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string table = TableOf(fields);
        var request = RequestOf(fields);
        var view = await services.Maintenance.RemoveOrphansAsync(table, request with { DryRun = true }, cancellationToken).ConfigureAwait(false);
        return new ActionPlan($"Remove {Format.Count(view.Orphans)} orphans of {table}", request.ToCommandLine(table))
        {
            Facts = [("Table", view.Table), ("Objects looked at", Format.Count(view.Examined)), ("Orphans", Format.Count(view.Orphans)), ("Their size", Format.Bytes(view.Bytes))],
            Columns = ["Object"],
            Rows = [.. view.Keys.Select(key => (string[])[key])],
            Warnings = ["Deleted files cannot be brought back. No snapshot, branch or tag refers to them.", .. view.Orphans > view.Keys.Count ? [$"The first {view.Keys.Count} are shown; all are deleted."] : (string[])[]],
            Verb = "Delete",
            IsDestructive = true,
            Obstacle = view.Orphans == 0 ? "There are no orphans that are old enough." : null,
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string table = TableOf(fields);
        var view = await services.Maintenance.RemoveOrphansAsync(table, RequestOf(fields), cancellationToken).ConfigureAwait(false);
        return Done($"{Format.Count(view.Orphans)} orphans with {Format.Bytes(view.Bytes)} were deleted.", table);
    }

    private static OrphansRequest RequestOf(FormFields fields) => new() { GraceSeconds = Seconds(fields, "older-than") };
}
