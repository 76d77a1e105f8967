using System.Globalization;
using System.Text;
using Mesh.Columnar.ArrowIpc;
using Mesh.Commands;
using Mesh.Commands.Queries;
using Mesh.Commands.Queries.Lists;
using Mesh.Commands.Queries.Tables;
using Mesh.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Console;

/// <summary>Maps <c>/api/v1</c>.</summary>
public static class MeshApi
{
    /// <summary>Maps the endpoints onto the answers of <paramref name="queries"/>.</summary>
    /// <param name="endpoints">Where.</param>
    /// <param name="queries">Answers.</param>
    public static void MapMeshApi(this IEndpointRouteBuilder endpoints, IMeshQueries queries)
    {
        var api = endpoints.MapJsonGroup("/api/v1");

        api.MapGet("/status", async (CancellationToken token) => JsonApi.Json(await queries.GetStatusAsync(token).ConfigureAwait(false)));
        api.MapGet("/recordings", async (HttpRequest request, int? limit, CancellationToken token) => request.AsksForPage()
            ? JsonApi.Json(await queries.ListRecordingsAsync(ListQueries.Recordings(request.Parameters()), token).ConfigureAwait(false))
            : JsonApi.Json(await queries.ListRecordingsAsync(Math.Clamp(limit ?? 100, 1, 10_000), token).ConfigureAwait(false)));
        api.MapGet("/counts/recordings", async (CancellationToken token) => JsonApi.Json(await queries.CountRecordingsAsync(token).ConfigureAwait(false)));
        api.MapGet("/vehicles", async (HttpRequest request, CancellationToken token) =>
            JsonApi.Json(await queries.ListVehiclesAsync(ListQueries.Vehicles(request.Parameters()), token).ConfigureAwait(false)));
        api.MapGet("/recordings/{id}", async (string id, CancellationToken token) => OrNotFound(await queries.FindRecordingAsync(id, token).ConfigureAwait(false)));
        api.MapGet("/products", async (HttpRequest request, CancellationToken token) => request.AsksForPage()
            ? JsonApi.Json(await queries.ListProductsAsync(ListQueries.Products(request.Parameters()), token).ConfigureAwait(false))
            : JsonApi.Json(await queries.ListProductsAsync(token).ConfigureAwait(false)));
        api.MapGet("/products/{name}", async (string name, CancellationToken token) => OrNotFound(await queries.FindProductAsync(name, token).ConfigureAwait(false)));
        api.MapGet("/products/{name}/rows", (string name, long? after, HttpContext context) => WriteRowsAsync(context, queries, name, after));
        api.MapGet("/products/{name}/batches", async (string name, long? after, string? columns, HttpContext context) =>
            await WriteBatchesAsync(context, await queries.ReadBatchesAsync(name, after, Names(columns), context.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false));
        api.MapGet("/products/{name}/scan", async (string name, string? columns, string? where, string? at, HttpContext context) =>
            await WriteBatchesAsync(context, await queries.ScanAsync(name, new ScanQuery { Columns = Names(columns), Where = where, At = at }, context.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false));
        api.MapGet("/products/{name}/head", async (string name, string? columns, string? where, int? limit, string? at, CancellationToken token) =>
        {
            var query = new HeadQuery { Columns = Names(columns), Where = where, Limit = Math.Clamp(limit ?? 10, 1, 10_000), At = at };
            return OrNotFound(await queries.HeadAsync(name, query, token).ConfigureAwait(false));
        });
        api.MapGet("/catalogue/tables", async (CancellationToken token) => JsonApi.Json(await queries.ListTablesAsync(token).ConfigureAwait(false)));
        api.MapGet("/catalogue/tables/{name}", async (string name, CancellationToken token) => OrNotFound(await queries.FindTableAsync(name, token).ConfigureAwait(false)));
        api.MapGet("/catalogue/tables/{name}/files", async (string name, string? at, string? where, int? limit, CancellationToken token) =>
            OrNotFound(await queries.ListFilesAsync(name, new FileQuery { At = at, Where = where, Limit = Math.Clamp(limit ?? 1_000, 1, 100_000) }, token).ConfigureAwait(false)));
        api.MapGet("/jobs", async (HttpRequest request, int? limit, CancellationToken token) => request.AsksForPage()
            ? JsonApi.Json(await queries.ListJobsAsync(ListQueries.Jobs(request.Parameters()), token).ConfigureAwait(false))
            : JsonApi.Json(await queries.ListJobsAsync(Math.Clamp(limit ?? 100, 1, 10_000), token).ConfigureAwait(false)));
        api.MapGet("/counts/jobs", async (HttpRequest request, CancellationToken token) =>
            JsonApi.Json(await queries.CountJobsAsync(ListQueries.Jobs(request.Parameters()), token).ConfigureAwait(false)));
        api.MapGet("/jobs/{id}", async (string id, CancellationToken token) => OrNotFound(await queries.FindJobAsync(id, token).ConfigureAwait(false)));
        api.MapGet("/models", async (HttpRequest request, CancellationToken token) => request.AsksForPage()
            ? JsonApi.Json(await queries.ListModelsAsync(ListQueries.Models(request.Parameters()), token).ConfigureAwait(false))
            : JsonApi.Json(await queries.ListModelsAsync(token).ConfigureAwait(false)));
        api.MapGet("/counts/models", async (HttpRequest request, CancellationToken token) =>
            JsonApi.Json(await queries.CountModelsAsync(ListQueries.Models(request.Parameters()), token).ConfigureAwait(false)));
        api.MapGet("/models/{name}", async (string name, int? version, CancellationToken token) =>
            OrNotFound(await queries.FindModelAsync(name, version, token).ConfigureAwait(false)));
    }

    private static string[]? Names(string? list) => list?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

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

    /// <summary>An Arrow stream; each batch says in its metadata which snapshot added it, or was read. What snapshots added ends early when the schema changes: ask again after the last.</summary>
    private static async Task WriteBatchesAsync(HttpContext context, ProductBatches batches)
    {
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
}
