using Mesh.Commands;
using Mesh.Commands.Queries.Lists;
using Mesh.Commands.Topologies;
using Mesh.Commands.Triggers;
using Mesh.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Console;

/// <summary>Maps trigger rules under <c>/api/v1/triggers</c>. What changes anything is a POST.</summary>
public static class TriggerApi
{
    /// <summary>Maps the endpoints onto <paramref name="triggers"/>.</summary>
    public static void MapTriggerApi(this IEndpointRouteBuilder endpoints, ITriggers triggers)
    {
        var api = endpoints.MapJsonGroup("/api/v1/triggers");
        api.MapGet("", async (CancellationToken token) => JsonApi.Json(await triggers.ListAsync(token).ConfigureAwait(false)));
        api.MapGet("/{rule}/decisions", async (string rule, int? limit, CancellationToken token) =>
            await triggers.ListDecisionsAsync(rule, Math.Clamp(limit ?? 100, 1, 10_000), token).ConfigureAwait(false) is { } found ? JsonApi.Json(found) : Results.NotFound());

        endpoints.MapJsonGroup("/api/v1/trigger-decisions").MapGet("", async (HttpRequest request, CancellationToken token) =>
            JsonApi.Json(await triggers.ListDecisionsAsync(ListQueries.TriggerDecisions(request.Parameters()), token).ConfigureAwait(false)));

        // With the context alone as parameter they would be taken for handlers that write the answer themselves.
        api.MapPost("/plan", async (HttpContext context, CancellationToken token) =>
        {
            var request = await JsonApi.BodyAsync<TopologyRequest>(context).ConfigureAwait(false);
            return request is { FileName: not null, Yaml: not null }
                ? JsonApi.Json(await triggers.PlanAsync(request, token).ConfigureAwait(false))
                : throw new MeshException("MESH11081", "The request needs 'file_name' and 'yaml', the text of a topology file.");
        });
        api.MapPost("/{rule}/fire", async (string rule, HttpContext context) =>
            JsonApi.Json(await triggers.FireAsync(rule, await JsonApi.BodyAsync<FireRequest>(context).ConfigureAwait(false), context.RequestAborted).ConfigureAwait(false)));
    }
}
