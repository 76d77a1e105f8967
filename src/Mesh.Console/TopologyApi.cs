using Mesh.Commands;
using Mesh.Commands.Topologies;
using Mesh.Console.Api;
using Mesh.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Console;

/// <summary>Maps topologies under <c>/api/v1/topologies</c>. What changes anything is a POST.</summary>
public static class TopologyApi
{
    /// <summary>Maps the endpoints onto <paramref name="topologies"/>.</summary>
    public static void MapTopologyApi(this IEndpointRouteBuilder endpoints, ITopologies topologies)
    {
        var api = endpoints.MapJsonGroup("/api/v1/topologies");
        api.MapGet("", async (CancellationToken token) => JsonApi.Json(await topologies.ListAsync(token).ConfigureAwait(false))).Answers<IReadOnlyList<TopologyView>>("Topologies that are or were in force.");
        api.MapGet("/{name}", async (string name, int? version, CancellationToken token) =>
            await topologies.FindAsync(name, version, token).ConfigureAwait(false) is { } found ? JsonApi.Json(found) : Results.NotFound())
            .Answers<TopologyView>("A topology with its text.");

        // With the context alone as parameter they would be taken for handlers that write the answer themselves.
        api.MapPost("/plan", async (HttpContext context, CancellationToken token) => JsonApi.Json(await topologies.PlanAsync(await RequestAsync(context).ConfigureAwait(false), token).ConfigureAwait(false)))
            .Takes<TopologyRequest>().Answers<TopologyPlanView>("What applying a topology would change.");
        api.MapPost("/apply", async (HttpContext context, CancellationToken token) => JsonApi.Json(await topologies.ApplyAsync(await RequestAsync(context).ConfigureAwait(false), token).ConfigureAwait(false)))
            .Takes<TopologyRequest>().Answers<TopologyPlanView>("Brings a topology into force.");
        api.MapPost("/{name}/retire", async (string name, HttpContext context) =>
            JsonApi.Json(await topologies.RetireAsync(name, await JsonApi.BodyAsync<RetireRequest>(context).ConfigureAwait(false), context.RequestAborted).ConfigureAwait(false)))
            .Takes<RetireRequest>().Answers<TopologyView>("Takes a topology out of force.");
    }

    private static async Task<TopologyRequest> RequestAsync(HttpContext context)
    {
        var request = await JsonApi.BodyAsync<TopologyRequest>(context).ConfigureAwait(false);
        return request is { FileName: not null, Yaml: not null } ? request : throw new MeshException("MESH11081", "The request needs 'file_name' and 'yaml', the text of a topology file.");
    }
}
