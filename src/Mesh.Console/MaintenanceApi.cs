using System.Globalization;
using System.Text;
using Mesh.Catalogue;
using Mesh.Commands.Maintenance;
using Mesh.Console.Api;
using Mesh.Lakehouse.Maintenance;
using Mesh.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Console;

/// <summary>Maps maintenance under <c>/api/v1/catalogue</c>. What changes anything is a POST.</summary>
public static class MaintenanceApi
{
    /// <summary>Maps the endpoints onto <paramref name="maintenance"/>.</summary>
    public static void MapMaintenanceApi(this IEndpointRouteBuilder endpoints, IMaintenance maintenance)
    {
        var api = endpoints.MapJsonGroup("/api/v1/catalogue");
        api.MapGet("/maintenance/tables", async (CancellationToken token) => JsonApi.Json(await maintenance.ListTablesAsync(token).ConfigureAwait(false)))
            .Answers<IReadOnlyList<string>>("Names of the tables.");
        api.MapGet("/maintenance/results", async (CancellationToken token) => JsonApi.Json(await maintenance.ListResultsAsync(token).ConfigureAwait(false)))
            .Answers<IReadOnlyList<MaintenanceResult>>("How each task of maintenance last ended.");
        api.MapPost("/maintenance/dropped", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await maintenance.RemoveDroppedAsync(await JsonApi.BodyAsync<OrphansRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)))
            .Takes<OrphansRequest>().Answers<IReadOnlyList<OrphansView>>("Removes what dropped tables have left behind.");
        Post<CompactRequest, CompactionReport>(api, "compact", maintenance.CompactAsync, "Rewrites small files into large ones.");
        Post<DryRunRequest, ManifestRewriteReport>(api, "manifests", maintenance.RewriteManifestsAsync, "Rewrites manifests.");
        Post<ExpireRequest, ExpiryReport>(api, "expire", maintenance.ExpireAsync, "Expires old snapshots.");
        Post<OrphansRequest, OrphansView>(api, "orphans", maintenance.RemoveOrphansAsync, "Removes files that belong to no snapshot.");
        Post<DryRunRequest, TieringReport>(api, "tier", maintenance.TierAsync, "Moves files to the storage their age is due.");
        Post<DeleteRequest, DeletionReport>(api, "delete", maintenance.DeleteAsync, "Deletes rows.");
        Post<ReferenceRequest, ReferenceReport>(api, "references/set", maintenance.SetReferenceAsync, "Sets a branch or a tag.");
        Post<ReferenceRequest, ReferenceReport>(api, "references/drop", maintenance.DropReferenceAsync, "Drops a branch or a tag.");
        Post<RollbackRequest, RollbackReport>(api, "rollback", maintenance.RollbackAsync, "Goes back to an earlier snapshot.");
        Post<AlterRequest, AlterReport>(api, "alter", maintenance.AlterAsync, "Changes columns, partitioning or properties.");
        Get<ProductStorage>(api, "storage", maintenance.MeasureAsync, "What a table takes of the storage.");
        Get<IReadOnlyList<TableReadsOfDay>>(api, "reads", maintenance.ListReadsAsync, "How often a table was read, by day.");
        Get<TableStatistics>(api, "statistics", maintenance.GetStatisticsAsync, "How a table is laid out.");
    }

    /// <summary>The tables' layout in Prometheus' text format; a table that cannot be read is left out.</summary>
    public static async Task<string> MetricsAsync(IMaintenance maintenance, CancellationToken cancellationToken)
    {
        var statistics = new List<TableStatistics>();
        foreach (string table in await maintenance.ListTablesAsync(cancellationToken).ConfigureAwait(false))
        {
            try
            {
                statistics.Add(await maintenance.GetStatisticsAsync(table, cancellationToken).ConfigureAwait(false));
            }
            catch (MeshException)
            {
                // The stage that reads the table reports it; the other tables' numbers are wanted all the same.
            }
        }

        var text = new StringBuilder();
        Gauge("mesh_table_files", "Data files of a table.", table => table.Files);
        Gauge("mesh_table_bytes", "Bytes of a table's data files.", table => table.Bytes);
        Gauge("mesh_table_rows", "Rows of a table's data files.", table => table.Rows);
        Gauge("mesh_table_average_file_bytes", "Average size of a table's data files.", table => table.AverageFileBytes);
        Gauge("mesh_table_small_files", "Data files so small that compaction takes them.", table => table.SmallFiles);
        Gauge("mesh_table_delete_files", "Files of row-level deletes.", table => table.DeleteFiles);
        Gauge("mesh_table_manifests", "Manifests of a table.", table => table.Manifests);
        Gauge("mesh_table_snapshots", "Snapshots of a table.", table => table.Snapshots);
        var results = await maintenance.ListResultsAsync(cancellationToken).ConfigureAwait(false);
        Header("mesh_maintenance_last_run_seconds", "When a task of maintenance last ended, in seconds since 1970.");
        foreach (var result in results) text.Append(CultureInfo.InvariantCulture, $"mesh_maintenance_last_run_seconds{{table=\"{result.Table}\",task=\"{result.Task}\"}} {result.At.ToUnixTimeSeconds()}\n");
        Header("mesh_maintenance_last_failed", "1 when that run failed.");
        foreach (var result in results) text.Append(CultureInfo.InvariantCulture, $"mesh_maintenance_last_failed{{table=\"{result.Table}\",task=\"{result.Task}\"}} {(result.Error is null ? 0 : 1)}\n");
        return text.ToString();

        void Header(string name, string help) => text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} gauge\n");

        void Gauge(string name, string help, Func<TableStatistics, long> value)
        {
            Header(name, help);
            foreach (var table in statistics) text.Append(CultureInfo.InvariantCulture, $"{name}{{table=\"{table.Table}\"}} {value(table)}\n");
        }
    }

    private static void Get<T>(RouteGroupBuilder api, string what, Func<string, CancellationToken, Task<T>> ask, string summary)
        where T : class =>
        api.MapGet($"/{{table}}/{what}", async (string table, CancellationToken token) => JsonApi.OrNotFound(await ask(table, token).ConfigureAwait(false))).Answers<T>(summary);

    private static void Post<TRequest, T>(RouteGroupBuilder api, string what, Func<string, TRequest, CancellationToken, Task<T>> run, string summary)
        where TRequest : notnull
        where T : class =>
        api.MapPost($"/{{table}}/{what}", async (string table, HttpContext context, CancellationToken token) =>
            JsonApi.OrNotFound(await run(table, await JsonApi.BodyAsync<TRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)))
            .Takes<TRequest>().Answers<T>(summary);
}
