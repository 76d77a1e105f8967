using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Maintenance;
using Mesh.Model;

namespace Mesh.Cli.Commands.Maintenance;

/// <summary><c>mesh catalogue tier</c>.</summary>
internal static class TierCommand
{
    public static Command Create()
    {
        var dryRun = MaintenanceCommand.DryRun();
        return MaintenanceCommand.Create(
            "tier", "Move old files to colder storage classes, by the rules of each product (`tier` under `products` in the topology).", [dryRun],
            (maintenance, table, parsed, cancellationToken) => maintenance.TierAsync(table, MaintenanceCommand.Read(parsed), cancellationToken),
            reports =>
            {
                var due = reports.SelectMany(report => report.Due.Select(total => (report, total))).ToList();
                if (due.Count == 0) Terminal.Out.WriteLine("Nothing is due.");
                else
                {
                    Printer.Table(
                        ["table", "from", "to", "files", "bytes"],
                        due.Select(item => (string[])[item.report.Table, item.total.From, item.total.To, item.total.Files.ToString("N0", CultureInfo.InvariantCulture), ByteSizeText.Format(item.total.Bytes)]),
                        new HashSet<int> { 3, 4 });
                }

                foreach (string hindrance in reports.Where(report => report.Due.Count > 0).Select(report => report.Hindrance).OfType<string>().Distinct()) Terminal.Out.WriteLine(hindrance);
                long moved = reports.Sum(report => report.Moved);
                if (moved > 0) Terminal.Out.WriteLine($"{moved:N0} files have been moved.");
                else if (due.Count > 0 && reports.Any(report => report.DryRun)) Terminal.Out.WriteLine("Nothing has been changed. Without --dry-run they are moved.");
            });
    }
}
