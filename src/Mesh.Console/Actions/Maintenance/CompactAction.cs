using Mesh.Commands.CommandLines;
using Mesh.Commands.Maintenance;
using Mesh.Console.Components;
using Mesh.Console.Hosting;
using Mesh.Console.Pages;
using Mesh.Model;

namespace Mesh.Console.Actions.Maintenance;

/// <summary>Makes few large files of many small ones, and takes marked rows out of the files. Rows do not change.</summary>
public sealed class CompactAction(ConsoleServices services) : TableAction("compact-table", "Compact a table")
{
    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields =>
    [
        TableField,
        new("sort", "Sort all rows of each partition") { IsFlag = true, Hint = "Rewrites every file. Otherwise only small files and files with erased rows are taken." },
        new("sort-by", "Columns to sort by") { Hint = "Names separated by commas; empty for the table's order." },
        new("target-size", "Size of new files") { Hint = "Such as 128MiB; empty for the server's setting." },
        new("min-files", "Small files that a partition must have") { Hint = "Empty for 5." },
    ];

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string table = TableOf(fields);
        var request = RequestOf(fields);
        var report = await services.Maintenance.CompactAsync(table, request with { DryRun = true }, cancellationToken).ConfigureAwait(false);
        long files = report.Groups.Sum(group => group.Files);
        return new ActionPlan($"Compact {table}", request.ToCommandLine(table))
        {
            Facts =
            [
                ("Table", report.Table), ("Data files", $"{Format.Count(report.FilesBefore)} → about {Format.Count(report.FilesAfter)}"), ("Files rewritten", Format.Count(files)),
                ("Read and written", Format.Bytes(report.Groups.Sum(group => group.Bytes))), ("Rows", $"{Format.Count(report.Groups.Sum(group => group.Rows))}, none changed"),
            ],
            Columns = ["Partition", "Files", "Size", "Rows", "Files with erased rows"],
            Rows = [.. report.Groups.Take(MaxRows).Select(group => (string[])[group.Partition.Length == 0 ? "all" : group.Partition, Format.Count(group.Files), Format.Bytes(group.Bytes), Format.Count(group.Rows), Format.Count(group.FilesWithDeletes)])],
            Warnings = report.Groups.Count > MaxRows ? [$"The first {MaxRows} of {Format.Count(report.Groups.Count)} groups are shown; all are rewritten."] : [],
            Verb = "Compact",
            Obstacle = report.Groups.Count == 0 ? "Nothing is worth rewriting: no partition has enough small files, and no file has erased rows." : null,
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string table = TableOf(fields);
        var report = await services.Maintenance.CompactAsync(table, RequestOf(fields), cancellationToken).ConfigureAwait(false);
        string conflicts = report.Conflicts.Count == 0 ? "" : $" {report.Conflicts.Count} groups were given up, because somebody else changed their files meanwhile.";
        return Done($"{Format.Count(report.FilesRemoved)} files became {Format.Count(report.FilesAdded)}, {Format.Count(report.Rows)} rows.{conflicts}", table);
    }

    private static CompactRequest RequestOf(FormFields fields) => new()
    {
        Sort = fields.Flag("sort"),
        SortBy = fields.Text("sort-by")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
        TargetFileBytes = Bytes(fields, "target-size"),
        MinInputFiles = (int?)fields.Number("min-files"),
    };
}
