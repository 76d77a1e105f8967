using Mesh.Commands.CommandLines;
using Mesh.Commands.Maintenance;
using Mesh.Console.Components;
using Mesh.Console.Hosting;
using Mesh.Console.Pages;
using Mesh.Model;

namespace Mesh.Console.Actions.Maintenance;

/// <summary>Takes old snapshots out of one table, or of all, and deletes the files that only they had.</summary>
public sealed class ExpireAction(ConsoleServices services) : TableAction("expire-snapshots", "Expire snapshots")
{
    /// <summary>Tables that are planned in one go; more are for the command line.</summary>
    private const int MaxTables = 200;

    /// <inheritdoc/>
    public override IReadOnlyList<ActionField> Fields =>
    [
        new("table", "Table or product") { Hint = "Empty for all tables." },
        new("older-than", "Older than") { Hint = "Such as 5d, or 0s for all but the newest; empty for the server's setting." },
        new("keep-last", "Newest snapshots to keep") { Hint = "Of each branch, whatever their age; empty for the server's setting." },
        new("delay", "Leave the files for") { Hint = "Time for readers that had begun, such as 5m; empty for none." },
    ];

    /// <inheritdoc/>
    public override async Task<ActionPlan> PlanAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string? table = fields.Text("table");
        var request = RequestOf(fields);
        var reports = new List<Lakehouse.Maintenance.ExpiryReport>();
        var tables = await TablesAsync(table, cancellationToken).ConfigureAwait(false);
        if (tables.Count <= MaxTables)
        {
            foreach (string name in tables) reports.Add(await services.Maintenance.ExpireAsync(name, request with { DryRun = true }, cancellationToken).ConfigureAwait(false));
        }

        int expired = reports.Sum(report => report.Expired.Count), isProtected = reports.Sum(report => report.Protected.Count);
        return new ActionPlan($"Expire {Format.Count(expired)} snapshots of {table ?? "all tables"}", request.ToCommandLine(table))
        {
            Facts =
            [
                ("Snapshots that go", Format.Count(expired)), ("Snapshots that stay", Format.Count(reports.Sum(report => report.Kept))),
                ("Of those, kept for models, hold-outs, studies or jobs", Format.Count(isProtected)), ("Data files deleted", $"{Format.Count(reports.Sum(report => report.DataFiles))}, {Format.Bytes(reports.Sum(report => report.DataBytes))}"),
                ("Metadata files deleted", Format.Count(reports.Sum(report => report.Manifests + report.OtherFiles))),
            ],
            Columns = table is null ? ["Table", "Snapshots that go", "Stay", "Kept for models and jobs", "Data files deleted", "Size"] : ["Snapshot", "What becomes of it"],
            Rows = table is null
                ? [.. reports.Where(report => report.Expired.Count + report.Protected.Count > 0).Select(report => (string[])[report.Table, Format.Count(report.Expired.Count), Format.Count(report.Kept), Format.Count(report.Protected.Count), Format.Count(report.DataFiles), Format.Bytes(report.DataBytes)])]
                : [.. reports.SelectMany(Fates).Take(MaxRows)],
            Warnings =
            [
                "Snapshots that have gone cannot be read, named or gone back to. A subscriber that is further behind begins again.",
                .. isProtected > 0 ? [$"{Format.Count(isProtected)} snapshots stay although they are old enough: models were made from them, hold-outs are frozen on them, or studies and unfinished jobs read them. Rows erased since are still in them."] : (string[])[],
            ],
            Verb = "Expire",
            IsDestructive = true,
            Obstacle = tables.Count > MaxTables ? $"There are {Format.Count(tables.Count)} tables, more than a page plans at once: run the command." : expired == 0 ? "No snapshot is old enough to go." : null,
        };
    }

    /// <inheritdoc/>
    public override async Task<ActionOutcome> RunAsync(FormFields fields, CancellationToken cancellationToken)
    {
        string? table = fields.Text("table");
        long expired = 0, files = 0, bytes = 0;
        foreach (string name in await TablesAsync(table, cancellationToken).ConfigureAwait(false))
        {
            var report = await services.Maintenance.ExpireAsync(name, RequestOf(fields), cancellationToken).ConfigureAwait(false);
            expired += report.Expired.Count;
            files += report.DataFiles;
            bytes += report.DataBytes;
        }

        return new ActionOutcome($"{Format.Count(expired)} snapshots expired; {Format.Count(files)} data files with {Format.Bytes(bytes)} were deleted.", table is null ? "/maintenance" : DataUrls.Maintenance(table));
    }

    private async Task<IReadOnlyList<string>> TablesAsync(string? table, CancellationToken cancellationToken) =>
        table is not null ? [table] : await services.Maintenance.ListTablesAsync(cancellationToken).ConfigureAwait(false);

    private static IEnumerable<string[]> Fates(Lakehouse.Maintenance.ExpiryReport report) =>
    [
        .. report.ExpiredRefs.Select(name => (string[])[name, "a branch or tag that goes, older than it is kept"]),
        .. report.Expired.Select(id => (string[])[id.ToString(System.Globalization.CultureInfo.InvariantCulture), "goes"]),
        .. report.Protected.Select(id => (string[])[id.ToString(System.Globalization.CultureInfo.InvariantCulture), "stays: a model, hold-out, study or job refers to it"]),
    ];

    private static ExpireRequest RequestOf(FormFields fields) => new()
    {
        OlderThanSeconds = Seconds(fields, "older-than"), KeepLast = (int?)fields.Number("keep-last"), ReaderGraceSeconds = Seconds(fields, "delay"),
    };
}
