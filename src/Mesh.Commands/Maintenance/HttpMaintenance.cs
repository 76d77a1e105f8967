using Mesh.Catalogue;
using Mesh.Commands.Queries;
using Mesh.Lakehouse.Maintenance;

namespace Mesh.Commands.Maintenance;

/// <summary>Asks a server for maintenance over <c>/api/v1/catalogue</c>.</summary>
public sealed class HttpMaintenance : IMaintenance
{
    private readonly ServerClient client;

    /// <param name="server">Base address.</param>
    /// <param name="token">Bearer token; null for none.</param>
    public HttpMaintenance(Uri server, string? token) => client = new ServerClient(server, token);

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
    public async Task<IReadOnlyList<TableReadsOfDay>> ListReadsAsync(string table, CancellationToken cancellationToken) =>
        await SendAsync<List<TableReadsOfDay>>(HttpMethod.Get, $"{Escape(table)}/reads", null, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<MaintenanceResult>> ListResultsAsync(CancellationToken cancellationToken) =>
        await SendAsync<List<MaintenanceResult>>(HttpMethod.Get, "maintenance/results", null, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string Escape(string table) => Uri.EscapeDataString(table);

    private Task<T> SendAsync<T>(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
        where T : class => client.RequireAsync<T>(method, "catalogue/" + path, body, cancellationToken);
}
