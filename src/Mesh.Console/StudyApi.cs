using Mesh.Commands.Jobs;
using Mesh.Commands.Queries.Lists;
using Mesh.Commands.Studies;
using Mesh.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Console;

/// <summary>Maps studies under <c>/api/v1/studies</c>. What changes anything is a POST.</summary>
public static class StudyApi
{
    /// <summary>Maps the endpoints onto <paramref name="studies"/>.</summary>
    public static void MapStudyApi(this IEndpointRouteBuilder endpoints, IStudies studies)
    {
        var api = endpoints.MapJsonGroup("/api/v1/studies");
        api.MapGet("", async (HttpRequest request, CancellationToken token) => request.AsksForPage()
            ? JsonApi.Json(await studies.ListAsync(ListQueries.Studies(request.Parameters()), token).ConfigureAwait(false))
            : JsonApi.Json(await studies.ListAsync(token).ConfigureAwait(false)));
        api.MapGet("/{name}", async (string name, CancellationToken token) => await studies.FindAsync(name, token).ConfigureAwait(false) is { } found ? JsonApi.Json(found) : Results.NotFound());

        // With the context alone as parameter they would be taken for handlers that write the answer themselves.
        api.MapPost("", async (HttpContext context, CancellationToken token) =>
        {
            var request = await JsonApi.BodyAsync<StudyRequest>(context).ConfigureAwait(false);
            return request is { FileName: not null, Yaml: not null }
                ? JsonApi.Json(await studies.RunAsync(request, token).ConfigureAwait(false))
                : throw new MeshException("MESH11081", "The request needs 'file_name' and 'yaml', the text of a study file.");
        });
        api.MapPost("/{name}/stop", async (string name, HttpContext context) =>
            JsonApi.Json(await studies.StopAsync(name, await JsonApi.BodyAsync<StopRequest>(context).ConfigureAwait(false), context.RequestAborted).ConfigureAwait(false)));
        api.MapPost("/{name}/resume", async (string name, HttpContext context) =>
            JsonApi.Json(await studies.ResumeAsync(name, await JsonApi.BodyAsync<ResumeRequest>(context).ConfigureAwait(false), context.RequestAborted).ConfigureAwait(false)));
    }
}
