using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using Mesh.Commands;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Mesh.Console.Api;

/// <summary>
/// Describes every endpoint below <c>/api/v1</c> in OpenAPI 3.1, from what is mapped and what the endpoints say of themselves. The document is
/// the same for the same program, whatever it is asked on.
/// </summary>
public static class ApiDescription
{
    /// <summary>Where the description is.</summary>
    public const string Path = "/api/v1/openapi.json";

    private const string Prefix = "/api/v1";
    private const string Json = "application/json";

    /// <summary>Maps the description of everything that is mapped by the time it is asked for.</summary>
    public static void MapApiDescription(this IEndpointRouteBuilder endpoints)
    {
        var sources = endpoints.DataSources;
        var text = new Lazy<byte[]>(() => Encoding.UTF8.GetBytes(Describe(sources.SelectMany(source => source.Endpoints)).ToJsonString(MeshJson.Indented)));
        endpoints.MapJsonGroup(Prefix).MapGet("/openapi.json", () => Results.Bytes(text.Value, Json)).AnswersWith(Json, "This description.");
    }

    /// <summary>Describes those of some endpoints that are below <c>/api/v1</c>.</summary>
    /// <exception cref="InvalidOperationException">Two endpoints have the same method and path, or a type has no known schema.</exception>
    public static JsonObject Describe(IEnumerable<Endpoint> endpoints)
    {
        var routes = endpoints.OfType<RouteEndpoint>().Where(endpoint => PathOf(endpoint.RoutePattern).StartsWith(Prefix + "/", StringComparison.Ordinal))
            .OrderBy(endpoint => PathOf(endpoint.RoutePattern), StringComparer.Ordinal).ToList();
        var schemas = new SchemaWriter(MeshJson.Options, routes.Select(endpoint => endpoint.Metadata.GetMetadata<IAcceptsMetadata>()?.RequestType).OfType<Type>());
        var paths = new JsonObject();
        foreach (var endpoint in routes)
        {
            string path = PathOf(endpoint.RoutePattern);
            if (paths[path] is not JsonObject operations) paths[path] = operations = [];
            foreach (string method in endpoint.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods)
            {
                if (!operations.TryAdd(method.ToLowerInvariant(), Operation(endpoint, method, path, schemas))) throw new InvalidOperationException($"{method} {path} is mapped twice.");
            }
        }

        var error = schemas.Of(typeof(ApiError));
        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Mesh", ["version"] = "1",
                ["description"] = "What `mesh` and the console ask. Requests and answers below /api/v1 are only ever extended: clients ignore properties they do not know.",
            },
            ["security"] = new JsonArray(new JsonObject(), new JsonObject { ["token"] = new JsonArray() }),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = schemas.Components,
                ["headers"] = new JsonObject
                {
                    ["RequestId"] = new JsonObject { ["description"] = "The request, as the server's log names it.", ["schema"] = new JsonObject { ["type"] = "string" } },
                },
                ["responses"] = new JsonObject
                {
                    ["Refused"] = Response("The request is wrong; the message says what to do.", error),
                    ["Failed"] = Response("It failed for no fault of the request; the server's log has more under the request's id.", error.DeepClone().AsObject()),
                    ["Busy"] = Response("It can succeed when asked again.", error.DeepClone().AsObject()),
                    ["Missing"] = new JsonObject { ["description"] = "What the path names is not there. Has no body.", ["headers"] = Headers() },
                    ["NotLoggedIn"] = new JsonObject { ["description"] = "The server asks for a token. Has no body." },
                },
                ["securitySchemes"] = new JsonObject { ["token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" } },
            },
        };
    }

    private static JsonObject Operation(RouteEndpoint endpoint, string method, string path, SchemaWriter schemas)
    {
        // An endpoint that says nothing is listed all the same: a test finds it before anybody else does.
        string summary = endpoint.Metadata.GetMetadata<IEndpointSummaryMetadata>()?.Summary ?? "";
        var answer = endpoint.Metadata.GetOrderedMetadata<IProducesResponseTypeMetadata>().FirstOrDefault(produced => produced.StatusCode == StatusCodes.Status200OK);
        var operation = new JsonObject
        {
            ["operationId"] = OperationId(method, path), ["summary"] = summary, ["tags"] = new JsonArray(path.Split('/')[3]),
        };
        var more = endpoint.Metadata.GetMetadata<ApiMetadata>();
        JsonArray parameters = [.. PathParameters(endpoint.RoutePattern), .. QueryParameters(endpoint, more)];
        if (parameters.Count > 0) operation["parameters"] = parameters;
        if (endpoint.Metadata.GetMetadata<IAcceptsMetadata>() is { RequestType: { } request } accepts)
        {
            operation["requestBody"] = new JsonObject
            {
                ["required"] = !accepts.IsOptional, ["content"] = new JsonObject { [accepts.ContentTypes[0]] = new JsonObject { ["schema"] = schemas.Of(request) } },
            };
        }

        operation["responses"] = new JsonObject
        {
            ["200"] = Answer(answer, more?.PageOf, schemas), ["400"] = Reference("responses/Refused"), ["401"] = Reference("responses/NotLoggedIn"), ["404"] = Reference("responses/Missing"),
            ["500"] = Reference("responses/Failed"), ["503"] = Reference("responses/Busy"),
        };
        return operation;
    }

    private static JsonObject Answer(IProducesResponseTypeMetadata? answer, Type? pageOf, SchemaWriter schemas)
    {
        string contentType = answer?.ContentTypes.FirstOrDefault() ?? Json;
        var media = new JsonObject();
        if (answer?.Type is { } type && type != typeof(void))
        {
            media["schema"] = pageOf is null ? schemas.Of(type) : new JsonObject { ["oneOf"] = new JsonArray(schemas.Of(type), schemas.Of(pageOf)) };
        }

        return new JsonObject { ["description"] = "Done.", ["headers"] = Headers(), ["content"] = new JsonObject { [contentType] = media } };
    }

    private static IEnumerable<JsonNode> PathParameters(RoutePattern pattern) => pattern.Parameters.Select(parameter => new JsonObject
    {
        ["name"] = parameter.Name, ["in"] = "path", ["required"] = true, ["schema"] = new JsonObject { ["type"] = "string" },
    });

    private static IEnumerable<JsonNode> QueryParameters(RouteEndpoint endpoint, ApiMetadata? more)
    {
        var own = more?.Parameters ?? [];
        var bound = endpoint.Metadata.GetMetadata<MethodInfo>()?.GetParameters() ?? [];
        foreach (var parameter in bound)
        {
            var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
            bool isValue = type == typeof(string) || type.IsPrimitive;
            if (!isValue || parameter.Name is not { } name || own.Any(known => known.Name == name) || endpoint.RoutePattern.GetParameter(name) is not null) continue;
            string description = ApiParameters.Known.GetValueOrDefault(name, "");
            yield return Parameter(new ApiParameter(name, type == typeof(string) ? "string" : type == typeof(bool) ? "boolean" : type == typeof(double) ? "number" : "integer", description, []));
        }

        foreach (var parameter in own) yield return Parameter(parameter);
    }

    private static JsonObject Parameter(ApiParameter parameter)
    {
        var schema = new JsonObject { ["type"] = parameter.Type };
        if (parameter.Format is { } format) schema["format"] = format;
        if (parameter.Values.Count > 0) schema["enum"] = new JsonArray([.. parameter.Values.Select(value => (JsonNode)value)]);
        var described = new JsonObject { ["name"] = parameter.Name, ["in"] = "query", ["schema"] = schema };
        if (parameter.Description.Length > 0) described["description"] = parameter.Description;
        return described;
    }

    private static JsonObject Response(string description, JsonObject schema) => new()
    {
        ["description"] = description, ["headers"] = Headers(), ["content"] = new JsonObject { [Json] = new JsonObject { ["schema"] = schema } },
    };

    private static JsonObject Headers() => new() { [JsonApi.RequestIdHeader] = Reference("headers/RequestId") };

    private static JsonObject Reference(string component) => new() { ["$ref"] = "#/components/" + component };

    private static string PathOf(RoutePattern pattern)
    {
        var path = new StringBuilder();
        foreach (var segment in pattern.PathSegments)
        {
            path.Append('/');
            foreach (var part in segment.Parts)
            {
                path.Append(part switch
                {
                    RoutePatternParameterPart parameter => "{" + parameter.Name + "}",
                    RoutePatternLiteralPart literal => literal.Content,
                    RoutePatternSeparatorPart separator => separator.Content,
                    _ => "",
                });
            }
        }

        return path.ToString();
    }

    // getRecordingsById of GET /api/v1/recordings/{id}.
    private static string OperationId(string method, string path)
    {
        var id = new StringBuilder(method.ToLowerInvariant());
        foreach (string segment in path[Prefix.Length..].Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (segment[0] == '{') id.Append("By");
            foreach (string word in segment.Trim('{', '}').Split('-', '_', '.'))
            {
                if (word.Length > 0) id.Append(char.ToUpperInvariant(word[0])).Append(word.AsSpan(1));
            }
        }

        return id.ToString();
    }
}
