using System.Globalization;
using System.Text;
using Mesh.Columnar.ArrowIpc;
using Mesh.Commands;
using Mesh.Commands.Maintenance;
using Mesh.Commands.Queries;
using Mesh.Commands.Queries.Tables;
using Mesh.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Console;

/// <summary>Maps <c>/api/v1</c>, <c>/health</c> and <c>/metrics</c>.</summary>
public static class MeshApi
{
    /// <summary>Maps the endpoints onto the answers of <paramref name="queries"/>.</summary>
    /// <param name="endpoints">Where.</param>
    /// <param name="queries">Answers.</param>
    /// <param name="maintenance">Whose metrics of tables are shown too; null for none.</param>
    public static void MapMeshApi(this IEndpointRouteBuilder endpoints, IMeshQueries queries, IMaintenance? maintenance = null)
    {
        var api = endpoints.MapGroup("/api/v1").AddEndpointFilter(async (context, next) =>
        {
            try
            {
                return await next(context).ConfigureAwait(false);
            }
            catch (MeshException exception)
            {
                return Results.Json(
                    new Dictionary<string, object> { ["code"] = exception.Code, ["message"] = exception.Message },
                    statusCode: exception.IsTransient ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status400BadRequest);
            }
        });

        api.MapGet("/status", async (CancellationToken token) => Json(await queries.GetStatusAsync(token).ConfigureAwait(false)));
        api.MapGet("/recordings", async (int? limit, CancellationToken token) =>
            Json(await queries.ListRecordingsAsync(Math.Clamp(limit ?? 100, 1, 10_000), token).ConfigureAwait(false)));
        api.MapGet("/recordings/{id}", async (string id, CancellationToken token) => OrNotFound(await queries.FindRecordingAsync(id, token).ConfigureAwait(false)));
        api.MapGet("/products", async (CancellationToken token) => Json(await queries.ListProductsAsync(token).ConfigureAwait(false)));
        api.MapGet("/products/{name}", async (string name, CancellationToken token) => OrNotFound(await queries.FindProductAsync(name, token).ConfigureAwait(false)));
        api.MapGet("/products/{name}/rows", (string name, long? after, HttpContext context) => WriteRowsAsync(context, queries, name, after));
        api.MapGet("/products/{name}/batches", (string name, long? after, string? columns, HttpContext context) =>
            WriteBatchesAsync(context, queries, name, after, columns?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)));
        api.MapGet("/products/{name}/head", async (string name, string? columns, string? where, int? limit, string? at, CancellationToken token) =>
        {
            var query = new HeadQuery { Columns = columns?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), Where = where, Limit = Math.Clamp(limit ?? 10, 1, 10_000), At = at };
            return OrNotFound(await queries.HeadAsync(name, query, token).ConfigureAwait(false));
        });
        api.MapGet("/catalogue/tables", async (CancellationToken token) => Json(await queries.ListTablesAsync(token).ConfigureAwait(false)));
        api.MapGet("/catalogue/tables/{name}", async (string name, CancellationToken token) => OrNotFound(await queries.FindTableAsync(name, token).ConfigureAwait(false)));
        api.MapGet("/catalogue/tables/{name}/files", async (string name, string? at, string? where, int? limit, CancellationToken token) =>
            OrNotFound(await queries.ListFilesAsync(name, new FileQuery { At = at, Where = where, Limit = Math.Clamp(limit ?? 1_000, 1, 100_000) }, token).ConfigureAwait(false)));
        api.MapGet("/dead-letters", async (CancellationToken token) => Json(await queries.ListDeadLettersAsync(token).ConfigureAwait(false)));
        api.MapGet("/jobs", async (int? limit, CancellationToken token) => Json(await queries.ListJobsAsync(Math.Clamp(limit ?? 100, 1, 10_000), token).ConfigureAwait(false)));
        api.MapGet("/jobs/{id}", async (string id, CancellationToken token) => OrNotFound(await queries.FindJobAsync(id, token).ConfigureAwait(false)));
        api.MapGet("/models", async (CancellationToken token) => Json(await queries.ListModelsAsync(token).ConfigureAwait(false)));
        api.MapGet("/models/{name}", async (string name, int? version, CancellationToken token) =>
            OrNotFound(await queries.FindModelAsync(name, version, token).ConfigureAwait(false)));

        endpoints.MapGet("/health", async (CancellationToken token) =>
        {
            var status = await queries.GetStatusAsync(token).ConfigureAwait(false);
            bool healthy = status.Stages.All(stage => stage.State == "running");
            return Results.Json(new { status = healthy ? "ok" : "degraded" }, statusCode: healthy ? 200 : 503);
        });
        endpoints.MapGet("/metrics", async (CancellationToken token) =>
            Results.Text(
                Metrics(await queries.GetStatusAsync(token).ConfigureAwait(false))
                + (maintenance is null ? "" : await MaintenanceApi.MetricsAsync(maintenance, token).ConfigureAwait(false)),
                "text/plain; version=0.0.4"));
    }

    private static IResult Json<T>(T value) => Results.Json(value, MeshJson.Options);

    private static IResult OrNotFound<T>(T? value) where T : class => value is null ? Results.NotFound() : Results.Json(value, MeshJson.Options);

    /// <summary>One line a row: snapshot id, tab, JSON.</summary>
    private static async Task WriteRowsAsync(HttpContext context, IMeshQueries queries, string name, long? after)
    {
        context.Response.ContentType = "text/tab-separated-values; charset=utf-8";
        await foreach (var row in queries.ReadRowsAsync(name, after, context.RequestAborted).ConfigureAwait(false))
        {
            var body = context.Response.BodyWriter;
            Encoding.ASCII.GetBytes(row.SnapshotId.ToString(CultureInfo.InvariantCulture) + "\t", body);
            body.Write(row.Json.Span);
            body.Write("\n"u8);
            if (body.UnflushedBytes > 1 << 16) await body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>An Arrow stream; each batch says in its metadata which snapshot added it. It ends early when the schema changes: ask again after the last.</summary>
    private static async Task WriteBatchesAsync(HttpContext context, IMeshQueries queries, string name, long? after, IReadOnlyList<string>? columns)
    {
        var batches = await queries.ReadBatchesAsync(name, after, columns, context.RequestAborted).ConfigureAwait(false);
        await using (batches.ConfigureAwait(false))
        {
            context.Response.ContentType = "application/vnd.apache.arrow.stream";
            var writer = new ArrowWriter(context.Response.Body, batches.Schema, ProductBatch.StreamOptions);
            await foreach (var batch in batches.Batches.ConfigureAwait(false)) await writer.WriteAsync(batch.Batch, context.RequestAborted).ConfigureAwait(false);
            await writer.CompleteAsync(context.RequestAborted).ConfigureAwait(false);
        }
    }

    private static void Write(this System.IO.Pipelines.PipeWriter writer, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(writer.GetSpan(bytes.Length));
        writer.Advance(bytes.Length);
    }

    /// <summary>Prometheus text exposition format 0.0.4.</summary>
    private static string Metrics(StatusView status)
    {
        var text = new StringBuilder();
        Gauge("mesh_recordings", "Recordings by state.", status.Recordings.Select(pair => ($"state=\"{pair.Key}\"", pair.Value)));
        Gauge("mesh_topic_records", "Records in a topic.", status.Topics.Select(pair => ($"topic=\"{pair.Key}\"", pair.Value)));
        Gauge("mesh_stage_up", "1 while a stage runs.", status.Stages.Select(stage => ($"stage=\"{stage.Name}\"", stage.State == "running" ? 1L : 0L)));
        Gauge("mesh_stage_restarts", "How often a stage was started again.", status.Stages.Select(stage => ($"stage=\"{stage.Name}\"", (long)stage.Restarts)));
        Gauge("mesh_free_disk_bytes", "Free space on the state directory's disk.", [("", status.FreeDiskBytes)]);
        return text.ToString();

        void Gauge(string name, string help, IEnumerable<(string Labels, long Value)> samples)
        {
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} gauge\n");
            foreach (var (labels, value) in samples)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}{(labels.Length > 0 ? $"{{{labels}}}" : "")} {value}\n");
            }
        }
    }
}
