using Mesh.Commands.Queries.Lists;
using Mesh.Commands.Tracking;
using Mesh.Model;
using Mesh.Training.Tracking;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Console;

/// <summary>Maps experiments and runs under <c>/api/v1/experiments</c> and <c>/api/v1/runs</c>, for <c>mesh runs</c>; other programs use <see cref="MlflowApi"/>.</summary>
public static class TrackingApi
{
    private const long MaxImportBytes = 256L << 20;

    /// <summary>Maps the endpoints onto <paramref name="tracking"/>.</summary>
    public static void MapTrackingApi(this IEndpointRouteBuilder endpoints, ITracking tracking)
    {
        var api = endpoints.MapJsonGroup("/api/v1");
        api.MapGet("/experiments", async (CancellationToken token) => JsonApi.Json(await tracking.ListExperimentsAsync(token).ConfigureAwait(false)));
        api.MapGet("/runs", async (HttpRequest request, CancellationToken token) => JsonApi.Json(await tracking.ListAsync(ListQueries.Runs(request.Parameters()), token).ConfigureAwait(false)));
        api.MapGet("/runs/{run}", async (string run, CancellationToken token) => OrNotFound(await tracking.FindAsync(run, token).ConfigureAwait(false)));
        api.MapGet("/runs/{run}/history", async (string run, string? key, int? count, CancellationToken token) =>
            JsonApi.Json(await tracking.SampleHistoryAsync(run, key ?? "", count ?? 1_000, token).ConfigureAwait(false)));
        api.MapGet("/runs/{run}/export", async (string run, CancellationToken token) => OrNotFound(await tracking.ExportAsync(run, token).ConfigureAwait(false)));
        api.MapGet("/runs/{run}/artifacts", async (string run, CancellationToken token) => JsonApi.Json(await tracking.ListArtifactsAsync(run, token).ConfigureAwait(false)));

        // With the context alone as parameter they would be taken for handlers that write the answer themselves.
        api.MapPost("/runs/search", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await tracking.SearchAsync(await JsonApi.BodyAsync<RunQuery>(context).ConfigureAwait(false), token).ConfigureAwait(false)));
        api.MapPost("/runs/log", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await tracking.LogAsync(await JsonApi.BodyAsync<LogRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)));
        api.MapPost("/runs/import", async (HttpContext context, CancellationToken token) =>
        {
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = MaxImportBytes;
            var document = await JsonApi.BodyAsync<RunDocument>(context, MaxImportBytes).ConfigureAwait(false);
            return document is { Run: { Parameters: not null, Tags: not null, Inputs: not null, RunId: not null, User: not null }, Metrics: not null, ExperimentTags: not null }
                ? JsonApi.Json(await tracking.ImportAsync(document, token).ConfigureAwait(false))
                : throw new MeshException("MESH11081", "The request needs 'experiment', 'run' and 'metrics', as GET /api/v1/runs/RUN/export gives them.");
        });
    }

    private static IResult OrNotFound<T>(T? value)
        where T : class => value is null ? Results.NotFound() : JsonApi.Json(value);
}
