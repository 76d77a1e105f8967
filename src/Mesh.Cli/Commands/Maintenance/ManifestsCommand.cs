using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Maintenance;

namespace Mesh.Cli.Commands.Maintenance;

/// <summary><c>mesh catalogue manifests</c>.</summary>
internal static class ManifestsCommand
{
    public static Command Create()
    {
        var dryRun = MaintenanceCommand.DryRun();
        return MaintenanceCommand.Create(
            "manifests", "Arrange the table's manifests by partition, so that scans read few of them. No file changes.", [dryRun],
            (maintenance, table, parsed, cancellationToken) => maintenance.RewriteManifestsAsync(table, MaintenanceCommand.Read(parsed), cancellationToken),
            reports =>
            {
                Printer.Table(
                    ["table", "manifests before", "manifests after", "rewritten", "files in them"],
                    reports.Select(report => (string[])
                    [
                        report.Table, Number(report.ManifestsBefore), (report.DryRun ? "~" : "") + Number(report.ManifestsAfter), Number(report.Rewritten), Number(report.Entries),
                    ]),
                    new HashSet<int> { 1, 2, 3, 4 });
                if (reports.Any(report => report.DryRun)) Terminal.Out.WriteLine("Nothing has been changed. Without --dry-run it is done.");
            });
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
