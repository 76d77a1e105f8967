using System.Text;
using System.Text.Json;
using Mesh.Commands.Handoff;
using Mesh.Console.Api;
using Mesh.Training.Handoff.Signing;
using Mesh.Training.Handoff;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Mesh.Console;

/// <summary>Maps hand-offs under <c>/api/v1</c>: a bundle as a tar, and whom the receiving side has to trust.</summary>
public static class HandoffApi
{
    /// <summary>Maps the endpoints onto <paramref name="handoff"/>.</summary>
    public static void MapHandoffApi(this IEndpointRouteBuilder endpoints, IHandoff handoff)
    {
        var api = endpoints.MapJsonGroup("/api/v1");
        // A version is its number or an alias.
        api.MapPost("/models/{name}/{version}/handoff", (string name, string version, HttpContext context) => SendAsync(context, handoff, $"{name}@{version}"))
            .AnswersWith("application/x-tar", "Hands a version over: its bundle as a tar.");
        api.MapGet("/trust", async (CancellationToken token) => JsonApi.Json(await handoff.GetTrustAsync(token).ConfigureAwait(false))).Answers<TrustFile>("Whom the receiving side has to trust.");
    }

    private static async Task<IResult> SendAsync(HttpContext context, IHandoff handoff, string model)
    {
        var folder = Directory.CreateTempSubdirectory("mesh-handoff-");
        try
        {
            var result = await handoff.HandOverAsync(model, Path.Combine(folder.FullName, "bundle"), context.RequestAborted).ConfigureAwait(false);
            context.Response.ContentType = "application/x-tar";
            var disposition = new ContentDispositionHeaderValue("attachment");
            disposition.SetHttpFileName($"{result.Report.Model.Replace('@', '-')}.tar");
            context.Response.Headers.ContentDisposition = disposition.ToString();
            context.Response.Headers[HttpHandoff.LeftOutHeader] = Convert.ToBase64String(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(result.LeftOut)));
            await HandoffArchive.WriteAsync(result.Folder, context.Response.Body, context.RequestAborted).ConfigureAwait(false);
            return Results.Empty;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
