using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Mesh.Catalogue;
using Mesh.Commands.Queries;
using Mesh.Lakehouse.Maintenance;
using Mesh.Model;

namespace Mesh.Commands.Maintenance;

/// <summary>Asks a server for maintenance over <c>/api/v1/catalogue</c>.</summary>
public sealed class HttpMaintenance : IMaintenance
{
    private readonly HttpClient http;

    /// <param name="server">Base address.</param>
    /// <param name="token">Bearer token; null for none.</param>
    public HttpMaintenance(Uri server, string? token)
    {
        // A table of terabytes takes its time; whoever waits can stop waiting.
        http = new HttpClient { BaseAddress = new Uri(server, "api/v1/catalogue/"), Timeout = Timeout.InfiniteTimeSpan };
        if (token is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListTablesAsync(CancellationToken cancellationToken) =>
        await SendAsync<List<string>>(HttpMethod.Get, "maintenance/tables", null, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<CompactionReport> CompactAsync(string table, CompactRequest request, CancellationToken cancellationToken) =>
        SendAsync<CompactionReport>(HttpMethod.Post, $"{Escape(table)}/compact", request, cancellationToken);

    /// <inheritdoc/>
    public Task<ManifestRewriteReport> RewriteManifestsAsync(string table, DryRunRequest request, CancellationToken cancellationToken) =>
        SendAsync<ManifestRewriteReport>(HttpMethod.Post, $"{Escape(table)}/manifests", request, cancellationToken);

    /// <inheritdoc/>
    public Task<ExpiryReport> ExpireAsync(string table, ExpireRequest request, CancellationToken cancellationToken) =>
        SendAsync<ExpiryReport>(HttpMethod.Post, $"{Escape(table)}/expire", request, cancellationToken);

    /// <inheritdoc/>
    public Task<OrphansView> RemoveOrphansAsync(string table, OrphansRequest request, CancellationToken cancellationToken) =>
        SendAsync<OrphansView>(HttpMethod.Post, $"{Escape(table)}/orphans", request, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<OrphansView>> RemoveDroppedAsync(OrphansRequest request, CancellationToken cancellationToken) =>
        await SendAsync<List<OrphansView>>(HttpMethod.Post, "maintenance/dropped", request, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<TieringReport> TierAsync(string table, DryRunRequest request, CancellationToken cancellationToken) =>
        SendAsync<TieringReport>(HttpMethod.Post, $"{Escape(table)}/tier", request, cancellationToken);

    /// <inheritdoc/>
    public Task<DeletionReport> DeleteAsync(string table, DeleteRequest request, CancellationToken cancellationToken) =>
        SendAsync<DeletionReport>(HttpMethod.Post, $"{Escape(table)}/delete", request, cancellationToken);

    /// <inheritdoc/>
    public Task<ReferenceReport> SetReferenceAsync(string table, ReferenceRequest request, CancellationToken cancellationToken) =>
        SendAsync<ReferenceReport>(HttpMethod.Post, $"{Escape(table)}/references/set", request, cancellationToken);

    /// <inheritdoc/>
    public Task<ReferenceReport> DropReferenceAsync(string table, ReferenceRequest request, CancellationToken cancellationToken) =>
        SendAsync<ReferenceReport>(HttpMethod.Post, $"{Escape(table)}/references/drop", request, cancellationToken);

    /// <inheritdoc/>
    public Task<RollbackReport> RollbackAsync(string table, RollbackRequest request, CancellationToken cancellationToken) =>
        SendAsync<RollbackReport>(HttpMethod.Post, $"{Escape(table)}/rollback", request, cancellationToken);

    /// <inheritdoc/>
    public Task<AlterReport> AlterAsync(string table, AlterRequest request, CancellationToken cancellationToken) =>
        SendAsync<AlterReport>(HttpMethod.Post, $"{Escape(table)}/alter", request, cancellationToken);

    /// <inheritdoc/>
    public Task<ProductStorage> MeasureAsync(string table, CancellationToken cancellationToken) =>
        SendAsync<ProductStorage>(HttpMethod.Get, $"{Escape(table)}/storage", null, cancellationToken);

    /// <inheritdoc/>
    public Task<TableStatistics> GetStatisticsAsync(string table, CancellationToken cancellationToken) =>
        SendAsync<TableStatistics>(HttpMethod.Get, $"{Escape(table)}/statistics", null, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<MaintenanceResult>> ListResultsAsync(CancellationToken cancellationToken) =>
        await SendAsync<List<MaintenanceResult>>(HttpMethod.Get, "maintenance/results", null, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        http.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string Escape(string table) => Uri.EscapeDataString(table);

    private async Task<T> SendAsync<T>(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (body is not null) request.Content = JsonContent.Create(body, body.GetType(), options: MeshJson.Options);
        try
        {
            using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.Unauthorized) throw new MeshException("MESH11022", "The server asks for a token: give `--token` or set MESH_HTTP__TOKEN.");
            if (response.IsSuccessStatusCode) return (await response.Content.ReadFromJsonAsync<T>(MeshJson.Options, cancellationToken).ConfigureAwait(false))!;
            if (response.Content.Headers.ContentType?.MediaType == "application/json")
            {
                var error = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken).ConfigureAwait(false);
                throw new MeshException(
                    error.GetProperty("code").GetString()!, error.GetProperty("message").GetString()!, response.StatusCode == HttpStatusCode.ServiceUnavailable);
            }

            response.EnsureSuccessStatusCode();
            throw new MeshException("MESH11021", "The server's answer is none of Mesh's. Check the address.");
        }
        catch (HttpRequestException exception)
        {
            throw new MeshException(
                HttpQueries.Unreachable,
                $"No answer from {http.BaseAddress!.GetLeftPart(UriPartial.Authority)}: {exception.Message} Start a server with `mesh up`, name it with `--server` or MESH_SERVER, or name the directory of a stopped one with `--data DIR`.",
                isTransient: true, exception);
        }
    }
}
