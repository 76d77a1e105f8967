using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Maintenance;

namespace Mesh.Cli.Commands.Maintenance;

/// <summary><c>mesh catalogue rollback</c>.</summary>
internal static class RollbackCommand
{
    public static Command Create()
    {
        var table = MaintenanceCommand.OneTable();
        var to = new Option<string>("--to") { Description = "Snapshot id, branch or tag of an earlier state.", HelpName = "REF", Required = true };
        var dryRun = MaintenanceCommand.DryRun();
        return MaintenanceCommand.Create(
            "rollback", "Make an earlier state of a table its current one. What it undoes can be read until it expires.", [table, to, dryRun],
            async (maintenance, parsed, cancellationToken) =>
            {
                var report = await maintenance.RollbackAsync(parsed.GetValue(table)!, Read(parsed), cancellationToken).ConfigureAwait(false);
                if (QueryCommand.WantsJson(parsed)) Printer.Json(report);
                else Print(report);
                return ExitCodes.Done;
            });
    }

    /// <summary>What the command is asked for.</summary>
    internal static RollbackRequest Read(ParseResult parsed) => new() { DryRun = parsed.GetValue<bool>("--dry-run"), To = parsed.GetValue<string>("--to") };

    private static void Print(RollbackReport report)
    {
        if (report.Undone.Count == 0)
        {
            Terminal.Out.WriteLine($"{report.Table} is at snapshot {report.SnapshotId} already.");
            return;
        }

        Printer.Table(
            ["snapshot undone", "committed", "operation", "added rows", "total rows"],
            report.Undone.Select(snapshot => (string[])
            [
                snapshot.SnapshotId.ToString(CultureInfo.InvariantCulture), snapshot.CommittedAt.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), snapshot.Operation,
                Number(snapshot.AddedRows), Number(snapshot.TotalRows),
            ]),
            new HashSet<int> { 3, 4 });
        Terminal.Out.WriteLine(
            $"{report.Table} at snapshot {report.SnapshotId}: {Number(report.RowsAfter)} rows instead of {Number(report.RowsBefore)}; recordings that are not in it any more, by the ledger: {Number(report.FreedRecordings)}.");
        if (report.DryRun) Terminal.Out.WriteLine("Nothing has been changed. Without --dry-run it is done.");
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
