using System.Globalization;
using System.Text;
using System.Text.Json;
using Mesh.Commands;
using Mesh.Commands.Maintenance;
using Mesh.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Console;

/// <summary>Maps maintenance under <c>/api/v1/catalogue</c>. What changes anything is a POST.</summary>
public static class MaintenanceApi
{
    private const long MaxBodyBytes = 1 << 20;

    /// <summary>Maps the endpoints onto <paramref name="maintenance"/>.</summary>
    public static void MapMaintenanceApi(this IEndpointRouteBuilder endpoints, IMaintenance maintenance)
    {
        var api = endpoints.MapGroup("/api/v1/catalogue");
        Map(api, HttpMethods.Get, "/maintenance/tables", (_, _, token) => maintenance.ListTablesAsync(token));
        Map(api, HttpMethods.Get, "/maintenance/results", (_, _, token) => maintenance.ListResultsAsync(token));
        Map(api, HttpMethods.Post, "/maintenance/dropped", async (_, context, token) => await maintenance.RemoveDroppedAsync(await BodyAsync<OrphansRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Post, "/{table}/compact", async (table, context, token) => await maintenance.CompactAsync(table, await BodyAsync<CompactRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Post, "/{table}/manifests", async (table, context, token) => await maintenance.RewriteManifestsAsync(table, await BodyAsync<DryRunRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Post, "/{table}/expire", async (table, context, token) => await maintenance.ExpireAsync(table, await BodyAsync<ExpireRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Post, "/{table}/orphans", async (table, context, token) => await maintenance.RemoveOrphansAsync(table, await BodyAsync<OrphansRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Post, "/{table}/tier", async (table, context, token) => await maintenance.TierAsync(table, await BodyAsync<DryRunRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Post, "/{table}/delete", async (table, context, token) => await maintenance.DeleteAsync(table, await BodyAsync<DeleteRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Post, "/{table}/references/set", async (table, context, token) => await maintenance.SetReferenceAsync(table, await BodyAsync<ReferenceRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Post, "/{table}/references/drop", async (table, context, token) => await maintenance.DropReferenceAsync(table, await BodyAsync<ReferenceRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Post, "/{table}/rollback", async (table, context, token) => await maintenance.RollbackAsync(table, await BodyAsync<RollbackRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Post, "/{table}/alter", async (table, context, token) => await maintenance.AlterAsync(table, await BodyAsync<AlterRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false));
        Map(api, HttpMethods.Get, "/{table}/storage", (table, _, token) => maintenance.MeasureAsync(table, token));
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

    private static void Map<T>(RouteGroupBuilder api, string method, string pattern, Func<string, HttpContext, CancellationToken, Task<T>> run) =>
        api.MapMethods(pattern, [method], async (HttpContext context) =>
        {
            try
            {
                string table = context.Request.RouteValues["table"] as string ?? "";
                return Results.Json(await run(table, context, context.RequestAborted).ConfigureAwait(false), MeshJson.Options);
            }
            catch (MeshException exception)
            {
                return Results.Json(
                    new Dictionary<string, object> { ["code"] = exception.Code, ["message"] = exception.Message },
                    statusCode: exception.IsTransient ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status400BadRequest);
            }
        });

    /// <summary>The request's body; an empty one asks for what the settings say.</summary>
    private static async Task<T> BodyAsync<T>(HttpContext context)
    {
        if (context.Request.ContentLength is > MaxBodyBytes) throw new MeshException("MESH11081", $"The request has more than {MaxBodyBytes:N0} bytes.");
        try
        {
            using var buffer = new MemoryStream();
            await context.Request.Body.CopyToAsync(buffer, context.RequestAborted).ConfigureAwait(false);
            string json = Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
            return JsonSerializer.Deserialize<T>(json.Length == 0 ? "{}" : json, MeshJson.Options)
                ?? throw new MeshException("MESH11081", "The request's body is null, but should be a JSON object.");
        }
        catch (JsonException exception)
        {
            throw new MeshException("MESH11081", $"The request's body is not understood: {exception.Message}", innerException: exception);
        }
    }
}
