using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Maintenance;
using Mesh.Lakehouse.Maintenance;
using Mesh.Model;

namespace Mesh.Cli.Commands.Maintenance;

/// <summary><c>mesh catalogue expire</c>.</summary>
internal static class ExpireCommand
{
    public static Command Create()
    {
        var dryRun = MaintenanceCommand.DryRun();
        var olderThan = new Option<string?>("--older-than") { Description = "Age from which snapshots go (default: maintenance.snapshotAge).", HelpName = "DURATION" };
        var keepLast = new Option<int?>("--keep-last") { Description = "Newest snapshots that stay whatever their age (default: maintenance.snapshotCount).", HelpName = "N" };
        var delay = new Option<string?>("--delay") { Description = "Leave the files for so long after the snapshots are gone, for readers that had begun.", HelpName = "DURATION" };
        return MaintenanceCommand.Create(
            "expire", "Forget old snapshots and delete the files that only they had. Tags, branches and what models were trained on stay.", [dryRun, olderThan, keepLast, delay],
            (maintenance, table, parsed, cancellationToken) => maintenance.ExpireAsync(table, Read(parsed), cancellationToken), Print);
    }

    /// <summary>What the command is asked for.</summary>
    internal static ExpireRequest Read(ParseResult parsed) => new()
    {
        DryRun = parsed.GetValue<bool>("--dry-run"),
        OlderThanSeconds = Durations.Seconds(parsed.GetValue<string?>("--older-than"), "--older-than"),
        KeepLast = parsed.GetValue<int?>("--keep-last"),
        ReaderGraceSeconds = Durations.Seconds(parsed.GetValue<string?>("--delay"), "--delay"),
    };

    private static void Print(IReadOnlyList<ExpiryReport> reports)
    {
        Printer.Table(
            ["table", "snapshots expired", "kept", "kept for models and jobs", "data files deleted", "bytes", "manifests", "other files"],
            reports.Select(report => (string[])
            [
                report.Table, Number(report.Expired.Count), Number(report.Kept), report.Protected.Count == 0 ? "" : Number(report.Protected.Count), Number(report.DataFiles),
                ByteSizeText.Format(report.DataBytes), Number(report.Manifests), Number(report.OtherFiles),
            ]),
            new HashSet<int> { 1, 2, 3, 4, 5, 6, 7 });
        foreach (var report in reports.Where(report => report.ExpiredRefs.Count > 0)) Terminal.Out.WriteLine($"{report.Table}: too old and gone: {string.Join(", ", report.ExpiredRefs)}");
        if (reports.Any(report => report.DryRun)) Terminal.Out.WriteLine("Nothing has been changed. Without --dry-run it is done.");
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
