using Mesh.Commands.Queries.Tables;
using Mesh.Console.Hosting;

namespace Mesh.Console.Pages.Products;

/// <summary>A page of the list of products, with what the topologies say of them.</summary>
/// <param name="Rows">Products of the page.</param>
/// <param name="Total">Products that match.</param>
/// <param name="Number">Number of the page, from 1.</param>
/// <param name="Register">What the topologies say.</param>
public sealed record ProductList(IReadOnlyList<ProductList.Row> Rows, long Total, int Number, ProductRegister Register)
{
    /// <summary>Rows a page.</summary>
    public const int PageSize = 100;

    /// <summary>Ages to choose from: value, text, longest age; null for without end.</summary>
    public static IReadOnlyList<(string Value, string Text)> Ages { get; } =
        [("late", "Later than its limit"), ("hour", "In the last hour"), ("day", "In the last day"), ("week", "In the last week"), ("older", "Longer than a week ago"), ("never", "Never")];

    /// <summary>Reads it.</summary>
    /// <param name="services">What is asked.</param>
    /// <param name="request">Filters, order and page.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <param name="order">Order when the request names none; a column, after a minus for descending.</param>
    public static async Task<ProductList> LoadAsync(ConsoleServices services, PageRequest request, CancellationToken cancellationToken, string order = "name")
    {
        var register = new ProductRegister(await services.Topologies.ListAsync(cancellationToken).ConfigureAwait(false));
        var now = services.Time.GetUtcNow();
        var tables = await services.Queries.ListTablesAsync(cancellationToken).ConfigureAwait(false);
        var rows = tables.Select(table => Row.Of(table, register, now)).Where(row => Matches(row, request, now));
        var sorted = Sorted(rows, request.Query("sort") ?? order).ToList();
        int number = request.Number("page", 1, 1, int.MaxValue);
        return new ProductList([.. sorted.Skip((number - 1) * PageSize).Take(PageSize)], sorted.Count, number, register);
    }

    private static bool Matches(Row row, PageRequest request, DateTimeOffset now)
    {
        if (request.Query("q") is { } text && !row.Name.Contains(text, StringComparison.OrdinalIgnoreCase) && !row.Table.Contains(text, StringComparison.OrdinalIgnoreCase)) return false;
        if (request.Query("owner") is { } owner && row.Owner != owner) return false;
        var age = now - row.UpdatedAt;
        return request.Query("fresh") switch
        {
            "late" => row.Freshness.Kind == "bad",
            "hour" => age <= TimeSpan.FromHours(1),
            "day" => age <= TimeSpan.FromDays(1),
            "week" => age <= TimeSpan.FromDays(7),
            "older" => age > TimeSpan.FromDays(7),
            "never" => age is null,
            _ => true,
        };
    }

    private static IEnumerable<Row> Sorted(IEnumerable<Row> rows, string sort)
    {
        bool isDescending = sort.StartsWith('-');
        IComparable Key(Row row) => sort.TrimStart('-') switch
        {
            "rows" => row.Rows,
            "bytes" => row.Bytes ?? -1,
            "files" => row.Files,
            "updated" => row.UpdatedAt ?? DateTimeOffset.MinValue,
            "snapshots" => row.Snapshots,
            _ => row.Name,
        };
        var byName = rows.OrderBy(row => row.Name, StringComparer.Ordinal);
        return sort == "name" ? byName : isDescending ? byName.OrderByDescending(Key) : byName.OrderBy(Key);
    }

    /// <summary>A product.</summary>
    public sealed record Row(string Name, string Table, string? Owner, Freshness Freshness, DateTimeOffset? UpdatedAt, long Rows, long Files, long? Bytes, int Snapshots, int Versions)
    {
        internal static Row Of(TableView table, ProductRegister register, DateTimeOffset now)
        {
            var entry = register.Find(table.Product, table.Table);
            return new Row(
                table.Product, table.Table, entry?.Topology.Owner, Freshness.Of(table.UpdatedAt, entry?.Limit, now), table.UpdatedAt, table.Rows, table.DataFiles, table.Bytes, table.Snapshots,
                register.CountVersions(table.Product));
        }
    }
}
