using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Columnar;
using Mesh.Commands.Maintenance;
using Mesh.Model;

namespace Mesh.Cli.Commands.Maintenance;

/// <summary><c>mesh catalogue delete</c>.</summary>
internal static class DeleteCommand
{
    public static Command Create()
    {
        var table = MaintenanceCommand.OneTable();
        var where = CatalogueTableCommands.Where();
        where.Description = "Rows to erase, such as \"recording_id = 'R1'\".";
        where.Required = true;
        var dryRun = MaintenanceCommand.DryRun();
        var keepFiles = new Option<bool>("--keep-files") { Description = "Only mark the rows in files that hold others too: quick, and dearer for every reader until `compact`." };
        return MaintenanceCommand.Create(
            "delete", "Erase rows. Files are written again without them; old snapshots hold them until `expire`.", [table, where, dryRun, keepFiles],
            async (maintenance, parsed, cancellationToken) =>
            {
                var request = Read(parsed);
                Check(request.Where!);
                var report = await maintenance.DeleteAsync(parsed.GetValue(table)!, request, cancellationToken).ConfigureAwait(false);
                if (QueryCommand.WantsJson(parsed)) Printer.Json(report);
                else Print(report);
                return ExitCodes.Done;
            });
    }

    /// <summary>What the command is asked for.</summary>
    internal static DeleteRequest Read(ParseResult parsed) => new()
    {
        DryRun = parsed.GetValue<bool>("--dry-run"), Where = parsed.GetValue<string?>("--where"), KeepFiles = parsed.GetValue<bool>("--keep-files"),
    };

    private static void Check(string condition)
    {
        if (string.IsNullOrWhiteSpace(condition)) throw new UsageException("--where takes a condition, such as \"recording_id = 'R1'\".");
        try
        {
            PredicateParser.Parse(condition);
        }
        catch (MeshException exception)
        {
            throw new UsageException($"--where: {exception.Message}");
        }
    }

    private static void Print(DeletionReport report)
    {
        Printer.Table(
            ["table", "rows", "files dropped", "files rewritten", "delete files", "snapshot"],
            [
                [
                    report.Table, Number(report.Rows), Number(report.FilesDropped), Number(report.FilesRewritten), Number(report.DeleteFiles),
                    report.SnapshotId?.ToString(CultureInfo.InvariantCulture) ?? "",
                ],
            ],
            new HashSet<int> { 1, 2, 3, 4 });
        if (report.Rows == 0) Terminal.Out.WriteLine("No row matches; there is nothing to erase.");
        else if (report.DryRun) Terminal.Out.WriteLine("Nothing has been changed. Without --dry-run it is done.");
        else
        {
            string first = report.DeleteFiles == 0 ? "" : $"The rows are only marked in files that were kept: `mesh catalogue compact {report.Table}` writes them without. ";
            Terminal.Out.WriteLine($"{first}Old snapshots still hold the rows, and give them to subscribers from the earliest, until they expire; at once: `mesh catalogue expire {report.Table} --older-than 0s --keep-last 1`.");
        }
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
