using System.Text.Json;
using Mesh.Broker.Registry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Broker;

/// <summary>The registry's REST interface, as Confluent's clients speak it. Access control is the listener's.</summary>
public static class SchemaRegistryEndpoints
{
    private const string ContentType = "application/vnd.schemaregistry.v1+json";

    /// <summary>Longest request accepted, in bytes.</summary>
    private const int MaxBodyBytes = 8 << 20;

    /// <summary>Maps subjects, versions, schemas and the compatibility setting below the given builder.</summary>
    public static IEndpointRouteBuilder MapSchemaRegistry(this IEndpointRouteBuilder endpoints, SchemaRegistry registry)
    {
        endpoints.MapGet("/subjects", () => Ok(registry.Subjects));
        endpoints.MapGet("/subjects/{subject}/versions", (string subject) =>
            registry.Versions(subject) is { } versions ? Ok(versions) : Failed(RegistryError.SubjectNotFound(subject)));
        endpoints.MapPost("/subjects/{subject}/versions", (string subject, HttpRequest request) => RegisterAsync(registry, subject, request));
        endpoints.MapPost("/subjects/{subject}", (string subject, HttpRequest request) => LookupAsync(registry, subject, request));
        endpoints.MapGet("/subjects/{subject}/versions/{version}", (string subject, string version) =>
            WithVersion(registry, subject, version, Ok));
        endpoints.MapGet("/subjects/{subject}/versions/{version}/schema", (string subject, string version) =>
            WithVersion(registry, subject, version, found => Results.Text(found.Schema, ContentType)));
        endpoints.MapGet("/schemas/types", () => Ok(SchemaRegistry.Types));
        endpoints.MapGet("/schemas/ids/{id:int}", (int id) => registry.Find(id) is { } found
            ? Ok(new { schema = found.Schema, schemaType = found.SchemaType ?? "AVRO", references = found.References ?? [] })
            : Failed(RegistryError.SchemaNotFound(id.ToString(System.Globalization.CultureInfo.InvariantCulture))));
        endpoints.MapGet("/schemas/ids/{id:int}/versions", (int id) =>
            Ok(registry.UsesOf(id).Select(use => new { subject = use.Subject, version = use.Version })));

        // Nothing is compared, and the answer says so.
        endpoints.MapGet("/config", () => Ok(new { compatibilityLevel = "NONE" }));
        endpoints.MapGet("/config/{subject}", () => Ok(new { compatibilityLevel = "NONE" }));
        endpoints.MapGet("/mode", () => Ok(new { mode = "READWRITE" }));
        return endpoints;
    }

    private static async Task<IResult> RegisterAsync(SchemaRegistry registry, string subject, HttpRequest request)
    {
        var (body, error) = await ReadAsync(request).ConfigureAwait(false);
        if (body is null) return Failed(error!);
        var (version, refused) = await registry.RegisterAsync(subject, body).ConfigureAwait(false);
        return version is null ? Failed(refused!) : Ok(new { id = version.Id });
    }

    private static async Task<IResult> LookupAsync(SchemaRegistry registry, string subject, HttpRequest request)
    {
        var (body, error) = await ReadAsync(request).ConfigureAwait(false);
        if (body is null) return Failed(error!);
        if (registry.Versions(subject) is null) return Failed(RegistryError.SubjectNotFound(subject));
        return registry.Lookup(subject, body) is { } found ? Ok(found) : Failed(RegistryError.SchemaNotFound("with this content"));
    }

    private static IResult WithVersion(SchemaRegistry registry, string subject, string version, Func<SubjectVersion, IResult> answer)
    {
        int number = -1;
        if (version != "latest" && version != "-1" && (!int.TryParse(version, out number) || number < 1)) return Failed(RegistryError.InvalidVersion(version));
        if (registry.Versions(subject) is null) return Failed(RegistryError.SubjectNotFound(subject));
        return registry.Find(subject, number) is { } found ? answer(found) : Failed(RegistryError.VersionNotFound(version));
    }

    private static async ValueTask<(SchemaRequest? Body, RegistryError? Error)> ReadAsync(HttpRequest request)
    {
        byte[] buffer = new byte[4096];
        using var body = new MemoryStream();
        int read;
        while ((read = await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted).ConfigureAwait(false)) > 0)
        {
            if (body.Length + read > MaxBodyBytes) return (null, RegistryError.InvalidSchema($"the request is longer than {MaxBodyBytes:N0} bytes."));
            body.Write(buffer, 0, read);
        }

        try
        {
            return (JsonSerializer.Deserialize<SchemaRequest>(body.GetBuffer().AsSpan(0, (int)body.Length)) ?? new SchemaRequest(), null);
        }
        catch (JsonException e)
        {
            return (null, RegistryError.InvalidSchema($"the request is not JSON: {e.Message}"));
        }
    }

    private static IResult Ok<T>(T value) => Results.Text(JsonSerializer.Serialize(value), ContentType);

    private static IResult Failed(RegistryError error) => Results.Text(JsonSerializer.Serialize(error), ContentType, statusCode: error.Status);
}
