using System.Text;
using System.Text.Json;
using Mesh.Commands;
using Mesh.Commands.Queries.Lists;
using Mesh.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Console;

/// <summary>How the interface answers: the result as JSON, 404 for what is not there, an error with its code.</summary>
internal static class JsonApi
{
    private const long MaxBodyBytes = 1 << 20;

    /// <summary>Answers a request.</summary>
    public static async Task AnswerAsync<T>(HttpContext context, Func<CancellationToken, Task<T?>> run)
        where T : class
    {
        IResult result;
        try
        {
            var answer = await run(context.RequestAborted).ConfigureAwait(false);
            result = answer is null ? Results.NotFound() : Results.Json(answer, MeshJson.Options);
        }
        catch (MeshException exception)
        {
            result = Refuse(exception);
        }

        await result.ExecuteAsync(context).ConfigureAwait(false);
    }

    /// <summary>Routes below <paramref name="prefix"/> whose handlers return results; what they throw is answered with its code.</summary>
    public static RouteGroupBuilder MapJsonGroup(this IEndpointRouteBuilder endpoints, string prefix)
    {
        var group = endpoints.MapGroup(prefix);
        group.AddEndpointFilter(async (context, next) =>
        {
            try
            {
                return await next(context).ConfigureAwait(false);
            }
            catch (MeshException exception)
            {
                return Refuse(exception);
            }
        });
        return group;
    }

    /// <summary>Whether a page of a list is asked for; without a page, lists answer as they did before there were pages.</summary>
    public static bool AsksForPage(this HttpRequest request) => request.Query.ContainsKey("page") || request.Query.ContainsKey("page_size");

    /// <summary>The request's parameters, for lists.</summary>
    public static ListParameters Parameters(this HttpRequest request) => new(name => request.Query[name] is [var value, ..] ? value : null);

    /// <summary>A result as JSON.</summary>
    public static IResult Json<T>(T value) => Results.Json(value, MeshJson.Options);

    /// <summary>The answer of an error: 503 where asking again can help, else 400.</summary>
    public static IResult Refuse(MeshException exception) => Results.Json(
        new Dictionary<string, object> { ["code"] = exception.Code, ["message"] = exception.Message },
        statusCode: exception.IsTransient ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status400BadRequest);

    /// <summary>The request's body; an empty one asks for what the settings say.</summary>
    /// <exception cref="MeshException"><c>MESH11081</c>: it is too long, or not understood.</exception>
    public static async Task<T> BodyAsync<T>(HttpContext context, long maxBytes = MaxBodyBytes)
    {
        if (context.Request.ContentLength > maxBytes) throw new MeshException("MESH11081", $"The request has more than {maxBytes:N0} bytes.");
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
