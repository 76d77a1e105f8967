using Mesh.Commands.Jobs;
using Mesh.Console.Api;
using Mesh.Training.Jobs;
using Mesh.Training.Pools;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Console;

/// <summary>Maps what can be done with jobs under <c>/api/v1/jobs</c>, and pools and budgets; lists of jobs are among the queries. What changes anything is a POST.</summary>
public static class JobApi
{
    /// <summary>Maps the endpoints onto <paramref name="jobs"/>.</summary>
    public static void MapJobApi(this IEndpointRouteBuilder endpoints, IJobs jobs)
    {
        var api = endpoints.MapJsonGroup("/api/v1/jobs");
        api.MapGet("/{id}/log", async (string id, long? offset, CancellationToken token) =>
            JsonApi.Json(await jobs.ReadLogAsync(id, Math.Max(0, offset ?? 0), token).ConfigureAwait(false)))
            .Answers<JobLogPart>("Part of a job's log, from an offset on.");
        api.MapGet("/{id}/details", async (string id, CancellationToken token) => JsonApi.Json(await jobs.DescribeAsync(id, token).ConfigureAwait(false)))
            .Answers<JobDetails>("A job with its attempts, what it waits for and what it cost.");

        endpoints.MapJsonGroup("/api/v1/pools").MapGet("", async (CancellationToken token) => JsonApi.Json(await jobs.ListPoolsAsync(token).ConfigureAwait(false)))
            .Answers<IReadOnlyList<PoolView>>("Pools of machines, and what waits for them.");
        endpoints.MapJsonGroup("/api/v1/budgets").MapGet("", async (CancellationToken token) => JsonApi.Json(await jobs.ListBudgetsAsync(token).ConfigureAwait(false)))
            .Answers<IReadOnlyList<BudgetView>>("Budgets of teams and what is left of them.");

        // With the context alone as parameter they would be taken for handlers that write the answer themselves.
        api.MapPost("/{id}/cancel", async (string id, HttpContext context) =>
            JsonApi.Json(await jobs.CancelAsync(id, await JsonApi.BodyAsync<StopRequest>(context).ConfigureAwait(false), context.RequestAborted).ConfigureAwait(false)))
            .Takes<StopRequest>().Answers<JobEntry>("Ends a job.");
        api.MapPost("/{id}/preempt", async (string id, HttpContext context) =>
            JsonApi.Json(await jobs.PreemptAsync(id, await JsonApi.BodyAsync<StopRequest>(context).ConfigureAwait(false), context.RequestAborted).ConfigureAwait(false)))
            .Takes<StopRequest>().Answers<JobEntry>("Asks a running job to make room.");
    }
}
