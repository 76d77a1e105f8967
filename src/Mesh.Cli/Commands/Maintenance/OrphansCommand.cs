using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Maintenance;
using Mesh.Model;

namespace Mesh.Cli.Commands.Maintenance;

/// <summary><c>mesh catalogue orphans</c>.</summary>
internal static class OrphansCommand
{
    public static Command Create()
    {
        var dryRun = MaintenanceCommand.DryRun();
        var grace = new Option<string?>("--older-than") { Description = "Age below which a file is left alone (default: maintenance.orphanGrace). Must be longer than an upload takes.", HelpName = "DURATION" };
        var dropped = new Option<bool>("--dropped") { Description = "With --all: also the files of tables that were dropped." };
        var table = MaintenanceCommand.Table();
        var all = new Option<bool>("--all") { Description = "All tables, one after the other." };
        return MaintenanceCommand.Create("orphans", "Delete files that no snapshot refers to: what attempts left that lost or died.", [table, all, dryRun, grace, dropped], async (maintenance, parsed, cancellationToken) =>
        {
            if (parsed.GetValue(table) is null == !parsed.GetValue(all)) throw new UsageException("Name a table, or give --all.");
            if (parsed.GetValue(dropped) && !parsed.GetValue(all)) throw new UsageException("--dropped goes with --all: a table that was dropped has no name any more.");
            var request = Read(parsed);
            IReadOnlyList<string> names = parsed.GetValue(table) is { } one ? [one] : await maintenance.ListTablesAsync(cancellationToken).ConfigureAwait(false);
            var views = new List<OrphansView>();
            int failures = 0;
            foreach (string name in names)
            {
                try
                {
                    views.Add(await maintenance.RemoveOrphansAsync(name, request, cancellationToken).ConfigureAwait(false));
                }
                catch (MeshException exception) when (names.Count > 1)
                {
                    failures++;
                    await Terminal.Error.WriteLineAsync($"error {exception.Code}: {name}: {exception.Message}").ConfigureAwait(false);
                }
            }

            if (parsed.GetValue(dropped)) views.AddRange(await maintenance.RemoveDroppedAsync(request, cancellationToken).ConfigureAwait(false));
            if (QueryCommand.WantsJson(parsed)) Printer.Json(views);
            else Print(views, request.DryRun);
            return failures == 0 ? ExitCodes.Done : ExitCodes.Failed;
        });
    }

    /// <summary>What the command is asked for.</summary>
    internal static OrphansRequest Read(ParseResult parsed) => new()
    {
        DryRun = parsed.GetValue<bool>("--dry-run"), GraceSeconds = Durations.Seconds(parsed.GetValue<string?>("--older-than"), "--older-than"),
    };

    private static void Print(IReadOnlyList<OrphansView> views, bool dryRun)
    {
        Printer.Table(
            ["table", "objects", "orphans", "bytes", "first of them"],
            views.Select(view => (string[])
            [
                view.IsDroppedTable ? $"{view.Table} (dropped)" : view.Table, view.Examined.ToString("N0", CultureInfo.InvariantCulture), view.Orphans.ToString("N0", CultureInfo.InvariantCulture),
                ByteSizeText.Format(view.Bytes), view.Keys.Count > 0 ? view.Keys[0] : "",
            ]),
            new HashSet<int> { 1, 2, 3 });
        if (dryRun) Terminal.Out.WriteLine("Nothing has been changed. Without --dry-run they are deleted.");
    }
}
