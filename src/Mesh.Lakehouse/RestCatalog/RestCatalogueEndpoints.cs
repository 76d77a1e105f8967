using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Lakehouse.RestCatalog;

/// <summary>Maps the Iceberg REST catalogue (apache/iceberg, <c>open-api/rest-catalog-open-api.yaml</c>).</summary>
public static class RestCatalogueEndpoints
{
    /// <summary>
    /// Maps the endpoints of tables and namespaces under <c>/catalog/v1</c>. The listener asks for the token; <c>/catalog/v1/oauth/tokens</c> must be
    /// reachable without it.
    /// </summary>
    /// <param name="endpoints">Where.</param>
    /// <param name="catalogue">The tables.</param>
    /// <param name="options">Token, announcement of commits, limits; null for the defaults.</param>
    public static void MapRestCatalogue(this IEndpointRouteBuilder endpoints, TableCatalogue catalogue, RestCatalogueOptions? options = null)
    {
        var server = new RestCatalogServer(catalogue, options ?? new RestCatalogueOptions());
        var group = endpoints.MapGroup("/catalog/v1");
        Map("GET", "/config", server.ConfigAsync);
        Map("POST", "/oauth/tokens", server.TokenAsync);
        Map("GET", "/namespaces", server.ListNamespacesAsync);
        Map("POST", "/namespaces", server.CreateNamespaceAsync);
        Map("GET", "/namespaces/{namespace}", server.LoadNamespaceAsync);
        Map("HEAD", "/namespaces/{namespace}", server.NamespaceExistsAsync);
        Map("DELETE", "/namespaces/{namespace}", server.DropNamespaceAsync);
        Map("POST", "/namespaces/{namespace}/properties", server.UpdateNamespaceAsync);
        Map("GET", "/namespaces/{namespace}/tables", server.ListTablesAsync);
        Map("POST", "/namespaces/{namespace}/tables", server.CreateTableAsync);
        Map("POST", "/namespaces/{namespace}/register", server.RegisterTableAsync);
        Map("GET", "/namespaces/{namespace}/tables/{table}", server.LoadTableAsync);
        Map("HEAD", "/namespaces/{namespace}/tables/{table}", server.TableExistsAsync);
        Map("POST", "/namespaces/{namespace}/tables/{table}", server.CommitTableAsync);
        Map("DELETE", "/namespaces/{namespace}/tables/{table}", server.DropTableAsync);
        Map("POST", "/namespaces/{namespace}/tables/{table}/metrics", server.ReportMetricsAsync);
        Map("POST", "/tables/rename", server.RenameTableAsync);
        Map("POST", "/transactions/commit", server.CommitTransactionAsync);
        Map("GET", "/namespaces/{namespace}/views", server.ListViewsAsync);
        group.MapMethods("/{**rest}", ["GET", "POST", "HEAD", "DELETE", "PUT", "PATCH"], (RequestDelegate)(context => server.RunAsync(context, RestCatalogServer.UnknownAsync)));

        void Map(string method, string path, Func<HttpContext, Task> handle) =>
            group.MapMethods(path, [method], (RequestDelegate)(context => server.RunAsync(context, handle)));
    }

    /// <summary>The specification's answer to a request without a valid token, for the listener that asks for it.</summary>
    public static Task WriteUnauthorizedAsync(HttpContext context) => RestCatalogServer.RespondAsync(
        context, new RestError(StatusCodes.Status401Unauthorized, "NotAuthorizedException", "A valid token is needed: Authorization: Bearer TOKEN."));
}
