using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Maintenance;
using Mesh.Lakehouse.Maintenance;
using Mesh.Model;

namespace Mesh.Cli.Commands.Maintenance;

/// <summary><c>mesh catalogue compact</c>.</summary>
internal static class CompactCommand
{
    public static Command Create()
    {
        var dryRun = MaintenanceCommand.DryRun();
        var sort = new Option<bool>("--sort") { Description = "Rewrite all files in the table's sort order, not only join small ones." };
        var sortBy = new Option<string?>("--sort-by") { Description = "Sort by these columns instead.", HelpName = "COLUMN,..." };
        var target = new Option<string?>("--target-size") { Description = "Size of new files (default: maintenance.targetFileBytes).", HelpName = "SIZE" };
        var minFiles = new Option<int?>("--min-files") { Description = "Small files a partition must have to be worth it (default: 5).", HelpName = "N" };
        var maxBytes = new Option<string?>("--max-bytes") { Description = "Rewrite at most so much; the rest is left to the next run.", HelpName = "SIZE" };
        return MaintenanceCommand.Create(
            "compact", "Make few large files of many small ones. Rows do not change; writers go on.", [dryRun, sort, sortBy, target, minFiles, maxBytes],
            (maintenance, table, parsed, cancellationToken) => maintenance.CompactAsync(table, Read(parsed), cancellationToken), Print);
    }

    /// <summary>What the command is asked for.</summary>
    internal static CompactRequest Read(ParseResult parsed) => new()
    {
        DryRun = parsed.GetValue<bool>("--dry-run"),
        Sort = parsed.GetValue<bool>("--sort"),
        SortBy = parsed.GetValue<string?>("--sort-by")?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        TargetFileBytes = Size(parsed.GetValue<string?>("--target-size"), "--target-size"),
        MinInputFiles = parsed.GetValue<int?>("--min-files"),
        MaxBytes = Size(parsed.GetValue<string?>("--max-bytes"), "--max-bytes"),
    };

    private static long? Size(string? text, string option)
    {
        if (text is null) return null;
        return ByteSizeText.TryParse(text, out long bytes) && bytes > 0 ? bytes : throw new UsageException($"{option} is '{text}', but should be a size such as 128MiB.");
    }

    private static void Print(IReadOnlyList<CompactionReport> reports)
    {
        Printer.Table(
            ["table", "files before", "files after", "rewritten", "bytes rewritten", "written", "rows", "commits", "left"],
            reports.Select(report => (string[])
            [
                report.Table, Number(report.FilesBefore), (report.DryRun ? "~" : "") + Number(report.FilesAfter), Number(report.FilesRemoved),
                ByteSizeText.Format(report.BytesRemoved), report.DryRun ? "" : ByteSizeText.Format(report.BytesAdded), report.DryRun ? Number(report.Groups.Sum(group => group.Rows)) : Number(report.Rows),
                report.DryRun ? "" : Number(report.Commits), report.BytesLeft == 0 ? "" : ByteSizeText.Format(report.BytesLeft),
            ]),
            new HashSet<int> { 1, 2, 3, 4, 5, 6, 7, 8 });
        var groups = reports.Where(report => report.DryRun).SelectMany(report => report.Groups.Select(group => (report.Table, Group: group))).ToList();
        if (groups.Count > 0)
        {
            Printer.Table(
                ["table", "partition", "files", "bytes", "rows", "with deletes"],
                groups.Select(item => (string[])
                [
                    item.Table, item.Group.Partition, Number(item.Group.Files), ByteSizeText.Format(item.Group.Bytes), Number(item.Group.Rows), Number(item.Group.FilesWithDeletes),
                ]),
                new HashSet<int> { 2, 3, 4, 5 });
        }

        foreach (var report in reports)
        {
            if (report.RowsDropped > 0) Terminal.Out.WriteLine($"{report.Table}: {report.RowsDropped:N0} deleted rows and {report.DeleteFilesRemoved:N0} delete files are gone.");
            foreach (string conflict in report.Conflicts) Terminal.Out.WriteLine($"{report.Table}: not compacted, because others were faster: {conflict}");
        }

        if (reports.Any(report => report.DryRun)) Terminal.Out.WriteLine("Nothing has been changed. Without --dry-run it is done.");
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
