using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Queries;
using Mesh.Commands.Queries.Tables;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh catalogue tables|show|snapshots|files</c>: what the lake's tables are made of.</summary>
internal static class CatalogueTableCommands
{
    public static Command Tables() => QueryCommand.Create("tables", "Tables with their rows, files and snapshots.", [], async (queries, parsed, cancellationToken) =>
    {
        var tables = await queries.ListTablesAsync(cancellationToken).ConfigureAwait(false);
        if (QueryCommand.WantsJson(parsed)) Printer.Json(tables);
        else if (tables.Count == 0) Terminal.Out.WriteLine("No tables yet. They appear with the first recording: `mesh publish FILE --vehicle ID`.");
        else
        {
            Printer.Table(
                ["table", "product", "rows", "files", "size", "average", "deletes", "manifests", "snapshots", "updated"],
                tables.Select(table => (string[])
                [
                    table.Table, table.Product == table.Table ? "" : table.Product, Number(table.Rows), Number(table.DataFiles), Size(table.Bytes),
                    table.DataFiles == 0 ? "" : Size(table.Bytes / table.DataFiles), Number(table.DeleteFiles), Number(table.Manifests), Number(table.Snapshots),
                    table.UpdatedAt is { } at ? Time(at) : "",
                ]),
                new HashSet<int> { 2, 3, 4, 5, 6, 7, 8 });
        }

        return ExitCodes.Done;
    });

    public static Command Show()
    {
        var name = TableArgument();
        return QueryCommand.Create("show", "Schema, partitioning, branches and tags, properties.", [name], async (queries, parsed, cancellationToken) =>
        {
            var table = await FindAsync(queries, parsed.GetValue(name)!, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(table);
            else Print(table);
            return ExitCodes.Done;
        });
    }

    public static Command Snapshots()
    {
        var name = TableArgument();
        return QueryCommand.Create("snapshots", "The table's history: what each commit did.", [name], async (queries, parsed, cancellationToken) =>
        {
            var table = await FindAsync(queries, parsed.GetValue(name)!, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(table.Snapshots);
            else if (table.Snapshots.Count == 0) Terminal.Out.WriteLine($"{table.Summary.Table} has no snapshot yet.");
            else
            {
                Printer.Table(
                    ["snapshot", "committed", "operation", "added rows", "added files", "removed files", "total rows", "branches and tags"],
                    table.Snapshots.Select(snapshot => (string[])
                    [
                        snapshot.SnapshotId.ToString(CultureInfo.InvariantCulture), Time(snapshot.CommittedAt), snapshot.Operation,
                        Stated(snapshot, "added-records"), Stated(snapshot, "added-data-files"), Stated(snapshot, "deleted-data-files"),
                        Number(snapshot.TotalRows), string.Join(", ", snapshot.References),
                    ]),
                    new HashSet<int> { 3, 4, 5, 6 });
            }

            return ExitCodes.Done;
        });
    }

    public static Command Files()
    {
        var name = TableArgument();
        var at = At();
        var where = Where();
        var limit = new Option<int>("--limit") { Description = "Most files to list.", HelpName = "N", DefaultValueFactory = _ => 1_000 };
        return QueryCommand.Create("files", "The table's data files, or those that may hold rows for a condition.", [name, at, where, limit], async (queries, parsed, cancellationToken) =>
        {
            var query = new FileQuery { At = parsed.GetValue(at), Where = parsed.GetValue(where), Limit = parsed.GetValue(limit) };
            if (query.Limit < 1) throw new UsageException("--limit takes a positive number.");
            var files = await queries.ListFilesAsync(parsed.GetValue(name)!, query, cancellationToken).ConfigureAwait(false)
                ?? throw await UnknownAsync(queries, parsed.GetValue(name)!, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(files);
            else Print(files, query);
            return ExitCodes.Done;
        });
    }

    public static Option<string?> At() => new("--at") { Description = "Snapshot id, branch or tag (default: the current snapshot).", HelpName = "REF" };

    public static Option<string?> Where() => new("--where")
    {
        Description = "Condition, such as \"vehicle_id = 'V7' AND log_time >= '2026-01-05'\".", HelpName = "CONDITION",
    };

    /// <summary>What a scan has left out, as a line for people.</summary>
    public static string ScanText(ScanView scan) => string.Create(CultureInfo.InvariantCulture,
        $"read {scan.FilesRead:N0} of {scan.FilesRead + scan.FilesSkipped:N0} files in {scan.ManifestsRead:N0} of {scan.ManifestsRead + scan.ManifestsSkipped:N0} manifests");

    private static Argument<string> TableArgument() => new("TABLE") { Description = "Name of the table, or of its product." };

    private static async Task<TableDetailsView> FindAsync(IMeshQueries queries, string name, CancellationToken cancellationToken) =>
        await queries.FindTableAsync(name, cancellationToken).ConfigureAwait(false) ?? throw await UnknownAsync(queries, name, cancellationToken).ConfigureAwait(false);

    private static async Task<MeshException> UnknownAsync(IMeshQueries queries, string name, CancellationToken cancellationToken)
    {
        var tables = await queries.ListTablesAsync(cancellationToken).ConfigureAwait(false);
        return new MeshException("MESH11035", tables.Count == 0
            ? $"There is no table '{name}'; there are none yet."
            : $"There is no table '{name}'. `mesh catalogue tables` shows all {tables.Count}.");
    }

    private static void Print(TableDetailsView table)
    {
        var summary = table.Summary;
        Printer.Facts(
        [
            ("table", summary.Table),
            ("product", summary.Product == summary.Table ? null : summary.Product),
            ("rows", $"{Number(summary.Rows)} in {Number(summary.DataFiles)} files, {Size(summary.Bytes)}"),
            ("row-level deletes", summary.DeleteFiles == 0 ? null : $"{Number(summary.DeleteFiles)} files; `mesh catalogue compact {summary.Table}` applies them"),
            ("partitioned by", string.Join(", ", table.PartitionedBy)),
            ("sorted by", string.Join(", ", table.SortedBy)),
            ("format", $"Iceberg v{summary.FormatVersion}"),
            ("uuid", table.Uuid.ToString()),
            ("location", table.LocationUri),
            ("metadata", table.MetadataUri),
        ]);
        Printer.Table(
            ["column", "type", "nullable", "id"],
            table.Columns.Select(column => (string[])[column.Name, column.Type, column.Nullable ? "yes" : "no", column.FieldId.ToString(CultureInfo.InvariantCulture)]),
            new HashSet<int> { 3 });
        if (table.References.Count > 0)
        {
            Printer.Table(
                ["branch or tag", "type", "snapshot"],
                table.References.Select(reference => (string[])[reference.Name, reference.Type, reference.SnapshotId.ToString(CultureInfo.InvariantCulture)]));
        }

        if (table.Properties.Count > 0)
        {
            Printer.Table(["property", "value"], table.Properties.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (string[])[pair.Key, pair.Value]));
        }
    }

    private static void Print(FilesView files, FileQuery query)
    {
        if (files.Files.Count > 0)
        {
            Printer.Table(
                ["file", "partition", "rows", "size", "deletes"],
                files.Files.Select(file => (string[])
                [
                    file.Uri[(file.Uri.LastIndexOf('/') + 1)..], string.Join(", ", file.Partition.Select(pair => $"{pair.Key}={pair.Value ?? "null"}")),
                    Number(file.Rows), ByteSizeText.Format(file.Bytes), Number(file.DeleteFiles.Count),
                ]),
                new HashSet<int> { 2, 3, 4 });
        }

        string more = files.IsComplete ? "" : $"; there are more than --limit {query.Limit}";
        Terminal.Out.WriteLine($"{Number(files.Files.Count)} {(files.Files.Count == 1 ? "file" : "files")}, {Number(files.Files.Sum(file => file.Rows))} rows, {ByteSizeText.Format(files.Files.Sum(file => file.Bytes))}{more}; {ScanText(files.Scan)}");
    }

    private static string Stated(TableSnapshotView snapshot, string property) =>
        snapshot.Summary.TryGetValue(property, out string? text) && long.TryParse(text, CultureInfo.InvariantCulture, out long number) ? Number(number) : "";

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Size(long? bytes) => bytes is { } known ? ByteSizeText.Format(known) : "unknown";

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
