using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Console.Pages.Search;

/// <summary>Maps <c>GET /api/v1/search?q=TEXT</c>: <c>{"query", "hits": [{"kind", "text", "detail", "url"}]}</c>, at most five of each kind.</summary>
internal static class SearchApi
{
    private const int Limit = 5;

    /// <summary>Maps the endpoint.</summary>
    public static void MapSearchApi(this IEndpointRouteBuilder endpoints, ConsoleSearch search) => endpoints.MapJsonGroup("/api/v1").MapGet("/search", async (string? q, CancellationToken token) =>
    {
        var groups = await search.FindAsync(q ?? "", Limit, token).ConfigureAwait(false);
        return JsonApi.Json(new { query = q ?? "", hits = groups.SelectMany(group => group.Hits) });
    });
}
