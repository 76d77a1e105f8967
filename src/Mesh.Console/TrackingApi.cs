using Mesh.Commands.Queries.Lists;
using Mesh.Commands.Tracking;
using Mesh.Console.Api;
using Mesh.Model;
using Mesh.Training.Tracking.Artifacts;
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
        api.MapGet("/experiments", async (CancellationToken token) => JsonApi.Json(await tracking.ListExperimentsAsync(token).ConfigureAwait(false))).Answers<IReadOnlyList<Experiment>>("Experiments, newest first.");
        api.MapGet("/runs", async (HttpRequest request, CancellationToken token) => JsonApi.Json(await tracking.ListAsync(ListQueries.Runs(request.Parameters()), token).ConfigureAwait(false)))
            .AnswersPage<TrackedRun>("Runs with their last metrics, parameters, tags and inputs.", ApiParameters.Runs);
        api.MapGet("/runs/{run}", async (string run, CancellationToken token) => JsonApi.OrNotFound(await tracking.FindAsync(run, token).ConfigureAwait(false)))
            .Answers<TrackedRun>("A run by its id, a unique beginning of it, or its name.");
        api.MapGet("/runs/{run}/history", async (string run, string? key, int? count, CancellationToken token) =>
            JsonApi.Json(await tracking.SampleHistoryAsync(run, key ?? "", count ?? 1_000, token).ConfigureAwait(false)))
            .Answers<IReadOnlyList<LoggedMetric>>("About so many values of a metric, spread evenly over its steps.");
        api.MapGet("/runs/{run}/export", async (string run, CancellationToken token) => JsonApi.OrNotFound(await tracking.ExportAsync(run, token).ConfigureAwait(false)))
            .Answers<RunDocument>("Everything that was logged to a run.");
        api.MapGet("/runs/{run}/artifacts", async (string run, CancellationToken token) => JsonApi.Json(await tracking.ListArtifactsAsync(run, token).ConfigureAwait(false)))
            .Answers<IReadOnlyList<ArtifactEntry>>("Every artefact of a run.");

        // With the context alone as parameter they would be taken for handlers that write the answer themselves.
        api.MapPost("/runs/search", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await tracking.SearchAsync(await JsonApi.BodyAsync<RunQuery>(context).ConfigureAwait(false), token).ConfigureAwait(false)))
            .Takes<RunQuery>().Answers<IReadOnlyList<TrackedRun>>("Runs that a filter lets through.");
        api.MapPost("/runs/curves", async (HttpContext context, CancellationToken token) =>
        {
            var query = await JsonApi.BodyAsync<CurveQuery>(context).ConfigureAwait(false);
            return query is { Runs: not null, Keys: not null }
                ? JsonApi.Json(await tracking.GetCurvesAsync(query, token).ConfigureAwait(false))
                : throw new MeshException("MESH11081", "The request needs 'runs', 'keys' and 'columns'.");
        })
            .Takes<CurveQuery>().Answers<IReadOnlyList<MetricCurve>>("Courses of metrics: the least and the greatest value of each column.");
        api.MapPost("/runs/log", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await tracking.LogAsync(await JsonApi.BodyAsync<LogRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)))
            .Takes<LogRequest>().Answers<TrackedRun>("Logs to a run, or begins one.");
        api.MapPost("/runs/import", async (HttpContext context, CancellationToken token) =>
        {
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = MaxImportBytes;
            var document = await JsonApi.BodyAsync<RunDocument>(context, MaxImportBytes).ConfigureAwait(false);
            return document is { Run: { Parameters: not null, Tags: not null, Inputs: not null, RunId: not null, User: not null }, Metrics: not null, ExperimentTags: not null }
                ? JsonApi.Json(await tracking.ImportAsync(document, token).ConfigureAwait(false))
                : throw new MeshException("MESH11081", "The request needs 'experiment', 'run' and 'metrics', as GET /api/v1/runs/RUN/export gives them.");
        }).Takes<RunDocument>().Answers<ImportOutcome>("Takes a run as it was elsewhere.");
    }
}
