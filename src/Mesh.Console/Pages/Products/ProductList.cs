using Mesh.Commands.Queries;
using Mesh.Console.Hosting;
using Mesh.Lakehouse.Metadata;

namespace Mesh.Console.Pages.Products;

/// <summary>A page of the list of products: one query.</summary>
/// <param name="Rows">Products of the page.</param>
/// <param name="Total">Products that match.</param>
/// <param name="Number">Number of the page, from 1.</param>
/// <param name="Now">When it was read.</param>
public sealed record ProductList(IReadOnlyList<ProductSummary> Rows, long Total, int Number, DateTimeOffset Now)
{
    /// <summary>Rows a page.</summary>
    public const int PageSize = 100;

    /// <summary>Ages to choose from: value and text.</summary>
    public static IReadOnlyList<(string Value, string Text)> Ages { get; } =
        [("late", "Later than its limit"), ("hour", "In the last hour"), ("day", "In the last day"), ("week", "In the last week"), ("older", "Longer than a week ago"), ("never", "Never")];

    /// <summary>Reads it.</summary>
    /// <param name="services">What is asked.</param>
    /// <param name="request">Filters, order and page.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <param name="order">Order when the request names none; a column, after a minus for descending.</param>
    public static async Task<ProductList> LoadAsync(ConsoleServices services, PageRequest request, CancellationToken cancellationToken, string order = "name")
    {
        var now = services.Time.GetUtcNow();
        string sort = request.Query("sort") ?? order;
        var query = new ProductQuery
        {
            Text = request.Query("q"), Owner = request.Query("owner"), Page = request.Number("page", 1, 1, int.MaxValue), PageSize = PageSize,
            Sort = Enum.TryParse<ProductSort>(sort.TrimStart('-'), ignoreCase: true, out var known) && Enum.IsDefined(known) ? known : ProductSort.Name, Descending = sort.StartsWith('-'),
        };
        var page = await services.Queries.ListProductsAsync(Aged(query, request.Query("fresh"), now), cancellationToken).ConfigureAwait(false);
        return new ProductList(page.Items, page.Total, query.Number, now);
    }

    /// <summary>How fresh a product of the page is.</summary>
    public Freshness FreshnessOf(ProductSummary product) => Freshness.Of(product.UpdatedAt, product.FreshnessSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null, Now);

    private static ProductQuery Aged(ProductQuery query, string? age, DateTimeOffset now) => age switch
    {
        "late" => query with { IsLate = true },
        "hour" => query with { UpdatedFrom = now.AddHours(-1) },
        "day" => query with { UpdatedFrom = now.AddDays(-1) },
        "week" => query with { UpdatedFrom = now.AddDays(-7) },
        "older" => query with { UpdatedTo = now.AddDays(-7) },
        "never" => query with { HasSnapshot = false },
        _ => query,
    };
}
