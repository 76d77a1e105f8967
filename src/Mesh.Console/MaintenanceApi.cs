using System.Globalization;
using System.Text;
using Mesh.Commands.Maintenance;
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
        var api = endpoints.MapGroup("/api/v1/catalogue");
        Map(api, HttpMethods.Get, "/maintenance/tables", (_, _, token) => maintenance.ListTablesAsync(token));
        Map(api, HttpMethods.Get, "/maintenance/results", (_, _, token) => maintenance.ListResultsAsync(token));
        Map(api, HttpMethods.Post, "/maintenance/dropped", async (_, context, token) => await maintenance.RemoveDroppedAsync(await JsonApi.BodyAsync<OrphansRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Post, "/{table}/compact", async (table, context, token) => await maintenance.CompactAsync(table, await JsonApi.BodyAsync<CompactRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Post, "/{table}/manifests", async (table, context, token) => await maintenance.RewriteManifestsAsync(table, await JsonApi.BodyAsync<DryRunRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Post, "/{table}/expire", async (table, context, token) => await maintenance.ExpireAsync(table, await JsonApi.BodyAsync<ExpireRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Post, "/{table}/orphans", async (table, context, token) => await maintenance.RemoveOrphansAsync(table, await JsonApi.BodyAsync<OrphansRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Post, "/{table}/tier", async (table, context, token) => await maintenance.TierAsync(table, await JsonApi.BodyAsync<DryRunRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Post, "/{table}/delete", async (table, context, token) => await maintenance.DeleteAsync(table, await JsonApi.BodyAsync<DeleteRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Post, "/{table}/references/set", async (table, context, token) => await maintenance.SetReferenceAsync(table, await JsonApi.BodyAsync<ReferenceRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Post, "/{table}/references/drop", async (table, context, token) => await maintenance.DropReferenceAsync(table, await JsonApi.BodyAsync<ReferenceRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Post, "/{table}/rollback", async (table, context, token) => await maintenance.RollbackAsync(table, await JsonApi.BodyAsync<RollbackRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Post, "/{table}/alter", async (table, context, token) => await maintenance.AlterAsync(table, await JsonApi.BodyAsync<AlterRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Get, "/{table}/storage", (table, _, token) => maintenance.MeasureAsync(table, token));
        Map(api, HttpMethods.Get, "/{table}/reads", (table, _, token) => maintenance.ListReadsAsync(table, token));
        Map(api, HttpMethods.Get, "/{table}/statistics", (table, _, token) => maintenance.GetStatisticsAsync(table, token));
    }

    /// <summary>The tables' layout in Prometheus' text format; a table that cannot be read is left out.</summary>
    public static async Task<string> MetricsAsync(IMaintenance maintenance, CancellationToken cancellationToken)
    {
        var statistics = new List<Lakehouse.Maintenance.TableStatistics>();
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

        void Gauge(string name, string help, Func<Lakehouse.Maintenance.TableStatistics, long> value)
        {
            Header(name, help);
            foreach (var table in statistics) text.Append(CultureInfo.InvariantCulture, $"{name}{{table=\"{table.Table}\"}} {value(table)}\n");
        }
    }

    private static void Map<T>(RouteGroupBuilder api, string method, string pattern, Func<string, HttpContext, CancellationToken, Task<T>> run)
        where T : class =>
        api.MapMethods(pattern, [method], context => JsonApi.AnswerAsync(context, async token =>
            await run(context.Request.RouteValues["table"] as string ?? "", context, token).ConfigureAwait(false)));
}
