using System.Text;
using System.Text.Json;
using Mesh.Commands;
using Mesh.Commands.Queries.Lists;
using Mesh.Console.Api;
using Mesh.Console.Hosting;
using Mesh.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Console;

/// <summary>How the interface answers: the result as JSON, 404 for what is not there, an error with its code.</summary>
internal static class JsonApi
{
    /// <summary>Header of every answer: the request's id.</summary>
    public const string RequestIdHeader = "Mesh-Request-Id";

    private const long MaxBodyBytes = 1 << 20;

    /// <summary>Answers a request.</summary>
    public static async Task AnswerAsync<T>(HttpContext context, Func<CancellationToken, Task<T?>> run)
        where T : class
    {
        object? result = await GuardAsync(context, async () => OrNotFound(await run(context.RequestAborted).ConfigureAwait(false))).ConfigureAwait(false);
        await ((IResult)result!).ExecuteAsync(context).ConfigureAwait(false);
    }

    /// <summary>Routes below <paramref name="prefix"/> whose handlers return results; what they throw is answered with its code.</summary>
    public static RouteGroupBuilder MapJsonGroup(this IEndpointRouteBuilder endpoints, string prefix)
    {
        var group = endpoints.MapGroup(prefix);
        group.AddEndpointFilter((context, next) => GuardAsync(context.HttpContext, () => next(context)));
        return group;
    }

    /// <summary>Whether a page of a list is asked for; without a page, lists answer as they did before there were pages.</summary>
    public static bool AsksForPage(this HttpRequest request) => request.Query.ContainsKey("page") || request.Query.ContainsKey("page_size");

    /// <summary>The request's parameters, for lists.</summary>
    public static ListParameters Parameters(this HttpRequest request) => new(name => request.Query[name] is [var value, ..] ? value : null);

    /// <summary>A result as JSON.</summary>
    public static IResult Json<T>(T value) => Results.Json(value, MeshJson.Options);

    /// <summary>The value as JSON; 404 when there is none.</summary>
    public static IResult OrNotFound<T>(T? value)
        where T : class => value is null ? Results.NotFound() : Json(value);

    /// <summary>The answer of an error: 503 where asking again can help, else 400.</summary>
    public static IResult Refuse(HttpContext context, MeshException exception) => Error(
        context, exception.Code, exception.Message, exception.IsTransient ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status400BadRequest);

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

    private static IResult Error(HttpContext context, string code, string message, int status) =>
        Results.Json(new ApiError(code, message, context.TraceIdentifier), MeshJson.Options, statusCode: status);

    /// <summary>Answers what a handler throws, under the request's id, which the log has too.</summary>
    private static async ValueTask<object?> GuardAsync(HttpContext context, Func<ValueTask<object?>> run)
    {
        string id = context.TraceIdentifier;
        context.Response.Headers[RequestIdHeader] = id;
        try
        {
            return await run().ConfigureAwait(false);
        }
        catch (MeshException exception)
        {
            ConsoleLog.RequestRefused(LoggerOf(context), context.Request.Method, context.Request.Path, id, exception.Code, exception.Message);
            return AfterStart(context) ?? Refuse(context, exception);
        }
        catch (Exception exception) when (exception is not OperationCanceledException and not BadHttpRequestException)
        {
            ConsoleLog.RequestFailed(LoggerOf(context), context.Request.Method, context.Request.Path, id, exception);
            return AfterStart(context) ?? Error(
                context, "MESH13401", $"The request failed, which is a fault of the server. Its log says more under the request {id}.", StatusCodes.Status500InternalServerError);
        }
    }

    // Half an answer has no status any more: breaking off tells the client.
    private static IResult? AfterStart(HttpContext context)
    {
        if (!context.Response.HasStarted) return null;
        context.Abort();
        return Results.Empty;
    }

    private static ILogger LoggerOf(HttpContext context) => context.RequestServices.GetService<ILoggerFactory>()?.CreateLogger("Mesh.Console.Api") ?? NullLogger.Instance;
}
