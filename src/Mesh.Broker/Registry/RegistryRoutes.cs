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

    public SchemaRegistry Registry { get; } = registry;

    public void Get(string path, Func<RegistryRequest, object> answer) => Map(GetMethods, path, request => new ValueTask<object>(answer(request)));

    public void Map(string method, string path, Func<RegistryRequest, ValueTask<object>> answer) => Map([method], path, answer);

    private void Map(string[] methods, string path, Func<RegistryRequest, ValueTask<object>> answer) => endpoints.MapMethods(path, methods, context => AnswerAsync(context, answer));

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
            context.Response.StatusCode = exception.Error.Status;
            body = JsonSerializer.SerializeToUtf8Bytes(exception.Error);
        }

        context.Response.ContentType = ContentType;
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }
}
