using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Broker.Registry;

/// <summary>Maps handlers that answer with a value or throw a <see cref="RegistryException"/>.</summary>
internal sealed class RegistryRoutes(IEndpointRouteBuilder endpoints, SchemaRegistry registry)
{
    public const string ContentType = "application/vnd.schemaregistry.v1+json";
    private static readonly string[] GetMethods = ["GET", "HEAD"];
    private readonly Dictionary<string, List<string>> methodsByPath = [];

    public SchemaRegistry Registry { get; } = registry;

    public void Get(string path, Func<RegistryRequest, object> answer) => Map(GetMethods, path, request => new ValueTask<object>(answer(request)));

    public void Map(string method, string path, Func<RegistryRequest, ValueTask<object>> answer) => Map([method], path, answer);

    /// <summary>Answers what nothing else was mapped for: other methods of known paths with 405, other paths with 404.</summary>
    public void MapOthers()
    {
        foreach (var (path, methods) in methodsByPath)
        {
            string allowed = string.Join(", ", methods);
            endpoints.Map(path, context =>
            {
                context.Response.Headers.Allow = allowed;
                return RefuseAsync(context, RegistryError.MethodNotAllowed);
            });
        }

        endpoints.Map("/{**path}", context => RefuseAsync(context, RegistryError.NotFound));
    }

    /// <summary>Answers with an error.</summary>
    public static Task RefuseAsync(HttpContext context, RegistryError error)
    {
        context.Response.StatusCode = error.Status;
        return WriteAsync(context, JsonSerializer.SerializeToUtf8Bytes(error));
    }

    private static async Task WriteAsync(HttpContext context, byte[] body)
    {
        context.Response.ContentType = ContentType;
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }

    private void Map(string[] methods, string path, Func<RegistryRequest, ValueTask<object>> answer)
    {
        if (!methodsByPath.TryGetValue(path, out var known)) methodsByPath[path] = known = [];
        known.AddRange(methods);
        endpoints.MapMethods(path, methods, context => AnswerAsync(context, answer));
    }

    private async Task AnswerAsync(HttpContext context, Func<RegistryRequest, ValueTask<object>> answer)
    {
        byte[] body;
        try
        {
            object value = await answer(new RegistryRequest(context, Registry)).ConfigureAwait(false);
            body = value as byte[] ?? JsonSerializer.SerializeToUtf8Bytes(value, value.GetType());
        }
        catch (RegistryException exception)
        {
            await RefuseAsync(context, exception.Error).ConfigureAwait(false);
            return;
        }

        await WriteAsync(context, body).ConfigureAwait(false);
    }
}
