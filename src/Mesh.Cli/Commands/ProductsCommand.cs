using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Mesh.Cli.Output;
using Mesh.Commands.Queries;
using Mesh.Commands.Queries.Tables;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh products list|show|head|versions|switch</c>.</summary>
internal static class ProductsCommand
{
    public static Command Create() => new("products", "Data products: tables with a name, a schema and snapshots.") { List(), Show(), Head(), ProductVersionCommands.Versions(), ProductVersionCommands.Switch() };

    public static async Task<MeshException> UnknownAsync(IMeshQueries queries, string name, CancellationToken cancellationToken)
    {
        var products = await queries.ListProductsAsync(cancellationToken).ConfigureAwait(false);
        if (products.Count == 0) return new MeshException("MESH11031", $"There is no data product '{name}'; there are none yet.");
        var similar = products.Select(product => product.Name).Where(candidate => candidate.Contains(name, StringComparison.OrdinalIgnoreCase)).Take(5).ToList();
        if (similar.Count == 0) similar = [.. products.Select(product => product.Name).Take(5)];
        return new MeshException("MESH11031", $"There is no data product '{name}'; there is {string.Join(", ", similar)}{(products.Count > similar.Count ? ", ..." : "")}. `mesh products list` shows them all.");
    }

    private static Command List()
    {
        return QueryCommand.Create("list", "Data products with their rows and snapshots.", [], async (queries, parsed, cancellationToken) =>
        {
            var products = await queries.ListProductsAsync(cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(products);
            else if (products.Count == 0) Terminal.Out.WriteLine("No data products yet. They appear with the first recording: `mesh publish FILE --vehicle ID`.");
            else
            {
                Printer.Table(
                    ["product", "table", "rows", "files", "size", "updated"],
                    products.Select(product => (string[])
                    [
                        product.Name, product.Table, product.Rows.ToString("N0", CultureInfo.InvariantCulture), product.Files.ToString("N0", CultureInfo.InvariantCulture),
                        ByteSizeText.Format(product.Bytes), product.UpdatedAt?.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "",
                    ]),
                    new HashSet<int> { 2, 3, 4 });
            }

            return ExitCodes.Done;
        });
    }

    private static Command Show()
    {
        var name = new Argument<string>("NAME") { Description = "Name of the product, or of its table." };
        return QueryCommand.Create("show", "Schema, snapshots and where the files are.", [name], async (queries, parsed, cancellationToken) =>
        {
            var product = await queries.FindProductAsync(parsed.GetValue(name)!, cancellationToken).ConfigureAwait(false)
                ?? throw await UnknownAsync(queries, parsed.GetValue(name)!, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(product);
            else Print(product);
            return ExitCodes.Done;
        });
    }

    private static Command Head()
    {
        var name = new Argument<string>("NAME") { Description = "Name of the product, or of its table." };
        var where = CatalogueTableCommands.Where();
        var columns = new Option<string?>("--columns") { Description = "Top-level columns, comma-separated (default: all).", HelpName = "A,B" };
        var limit = new Option<int>("--limit") { Description = "Most rows to show.", HelpName = "N", DefaultValueFactory = _ => 10 };
        var at = CatalogueTableCommands.At();
        return QueryCommand.Create("head", "The first rows, or the first that a condition holds for; reads only the files it must.", [name, where, columns, limit, at], async (queries, parsed, cancellationToken) =>
        {
            var query = new HeadQuery
            {
                Where = parsed.GetValue(where), Limit = parsed.GetValue(limit), At = parsed.GetValue(at),
                Columns = parsed.GetValue(columns)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            };
            if (query.Limit < 1) throw new UsageException("--limit takes a positive number.");
            var head = await queries.HeadAsync(parsed.GetValue(name)!, query, cancellationToken).ConfigureAwait(false)
                ?? throw await UnknownAsync(queries, parsed.GetValue(name)!, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(head);
            else Print(head);
            return ExitCodes.Done;
        });
    }

    private static void Print(HeadView head)
    {
        if (head.Rows.Count > 0) Printer.Table(head.Columns, head.Rows.Select(row => (string[])[.. head.Columns.Select(column => CellText(row.GetProperty(column)))]));
        Terminal.Out.WriteLine($"{head.Rows.Count} {(head.Rows.Count == 1 ? "row" : "rows")}; {CatalogueTableCommands.ScanText(head.Scan)}");
    }

    private static string CellText(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "",
        JsonValueKind.String => value.GetString()!,
        _ => value.GetRawText(),
    };

    private static void Print(ProductView product)
    {
        string folder = product.LocationUri.StartsWith("file://", StringComparison.Ordinal) ? new Uri(product.LocationUri).LocalPath : product.LocationUri;
        Printer.Facts(
        [
            ("product", product.Name),
            ("table", product.Table),
            ("rows", $"{product.Rows:N0} in {product.Files:N0} files, {ByteSizeText.Format(product.Bytes)}"),
            ("partitioned by", string.Join(", ", product.PartitionedBy)),
            ("location", product.LocationUri),
            ("metadata", product.MetadataUri),
            ("in DuckDB", $"SELECT * FROM read_parquet('{folder}/data/**/*.parquet', union_by_name = true, hive_partitioning = false)"),
        ]);
        Printer.Table(
            ["column", "type", "nullable", "id"],
            product.Columns.Select(column => (string[])[column.Name, column.Type, column.Nullable ? "yes" : "no", column.FieldId.ToString(CultureInfo.InvariantCulture)]),
            new HashSet<int> { 3 });
        Printer.Table(
            ["snapshot", "committed", "added rows", "total rows"],
            product.Snapshots.Select(snapshot => (string[])
            [
                snapshot.SnapshotId.ToString(CultureInfo.InvariantCulture), snapshot.CommittedAt.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
                snapshot.AddedRows.ToString("N0", CultureInfo.InvariantCulture), snapshot.TotalRows.ToString("N0", CultureInfo.InvariantCulture),
            ]),
            new HashSet<int> { 2, 3 });
    }
}
