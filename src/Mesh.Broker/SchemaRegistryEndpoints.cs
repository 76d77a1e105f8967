using Mesh.Broker.Registry;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Broker;

/// <summary>The registry's REST interface, as Confluent's clients speak it. Access control is the listener's.</summary>
public static class SchemaRegistryEndpoints
{
    private const string BasicChallenge = "Basic realm=\"schema registry\", charset=\"UTF-8\"";

    /// <summary>
    /// Maps subjects, versions, schemas, compatibility, configuration, modes and contexts below the given builder. Contexts other than the
    /// default one, exporters, data contract rules and metadata are not there.
    /// </summary>
    public static IEndpointRouteBuilder MapSchemaRegistry(this IEndpointRouteBuilder endpoints, SchemaRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(registry);
        var routes = new RegistryRoutes(endpoints, registry);
        MapSubjects(routes);
        MapSchemas(routes);
        MapSettings(routes);
        MapServer(routes);
        routes.MapOthers();
        return endpoints;
    }

    /// <summary>Answers 401 in the registry's form, for a listener that asks for a login.</summary>
    /// <param name="context">The request.</param>
    /// <param name="takesToken">Whether a bearer token would do as well.</param>
    public static Task WriteUnauthorisedAsync(HttpContext context, bool takesToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        string[] challenges = takesToken ? [BasicChallenge, "Bearer"] : [BasicChallenge];
        context.Response.Headers.WWWAuthenticate = challenges;
        return RegistryRoutes.RefuseAsync(context, RegistryError.Unauthorised);
    }

    private static void MapSubjects(RegistryRoutes routes)
    {
        var registry = routes.Registry;
        routes.Get("/subjects", request => request.Page(registry.Store.All
            .Where(version => request.Takes(version.IsDeleted) && version.Version.Subject.StartsWith(request.SubjectPrefix, StringComparison.Ordinal))
            .Select(version => version.Version.Subject).Distinct()));
        routes.Get("/subjects/{subject}/versions", request =>
        {
            string subject = request.Subject;
            int[] versions = [.. registry.Store.Versions(subject).Where(version => request.Takes(version.IsDeleted)).Select(version => version.Version.Version)];
            return versions.Length > 0 ? request.Page(versions) : throw new RegistryException(RegistryError.SubjectNotFound(subject));
        });
        routes.Map("POST", "/subjects/{subject}/versions", async request =>
        {
            var version = await registry.RegisterAsync(request.ValidSubject, await request.BodyAsync<SchemaRequest>().ConfigureAwait(false), request.Flag("normalize")).ConfigureAwait(false);
            return new { id = version.Id, version = version.Version, schemaType = version.Type, schema = version.Schema };
        });
        routes.Map("POST", "/subjects/{subject}", async request =>
        {
            var body = await request.BodyAsync<SchemaRequest>().ConfigureAwait(false);
            bool deleted = request.Flag("deleted");
            if (registry.Latest(request.Subject, deleted) is null) throw new RegistryException(RegistryError.SubjectNotFound(request.Subject));
            return request.Formatted(registry.Lookup(request.Subject, body, deleted) ?? throw new RegistryException(RegistryError.SchemaNotFound()));
        });
        routes.Map("DELETE", "/subjects/{subject}", async request => await registry.DeleteSubjectAsync(request.Subject, request.Flag("permanent")).ConfigureAwait(false));
        routes.Get("/subjects/{subject}/versions/{version}", request => request.Formatted(request.Version(request.Flag("deleted")).Answer));
        routes.Get("/subjects/{subject}/versions/{version}/schema", request => request.Raw(request.Formatted(request.Version(request.Flag("deleted")).Answer).Schema));
        routes.Get("/subjects/{subject}/versions/{version}/referencedby", request =>
        {
            var version = request.Version(deleted: true).Version;
            return request.Page(registry.ReferencedBy(version.Subject, version.Version, request.Flag("deleted")));
        });
        routes.Map("DELETE", "/subjects/{subject}/versions/{version}", async request =>
            await registry.DeleteVersionAsync(request.Version(deleted: true), request.Flag("permanent")).ConfigureAwait(false));
        routes.Map("POST", "/compatibility/subjects/{subject}/versions/{version}", async request =>
        {
            var body = await request.BodyAsync<SchemaRequest>().ConfigureAwait(false);

            // Nothing to compare with is compatible; a version that was asked for by number must be there.
            if (request.IsLatest && registry.Latest(request.Subject) is null) return request.Compatibility([]);
            return request.Compatibility(registry.Check(request.Subject, body, request.Version(deleted: false)));
        });
        routes.Map("POST", "/compatibility/subjects/{subject}/versions", async request =>
            request.Compatibility(registry.Check(request.Subject, await request.BodyAsync<SchemaRequest>().ConfigureAwait(false), null)));
    }

    private static void MapSchemas(RegistryRoutes routes)
    {
        var registry = routes.Registry;
        routes.Get("/schemas", request =>
        {
            var schemas = registry.Store.All.Where(version => request.Takes(version.IsDeleted) && version.Version.Subject.StartsWith(request.SubjectPrefix, StringComparison.Ordinal));
            if (request.Flag("latestOnly")) schemas = schemas.GroupBy(version => version.Version.Subject).Select(versions => versions.Last());
            return request.Page(schemas.Select(version => version.Answer));
        });
        routes.Get("/schemas/types", _ => SchemaRegistry.Types);
        routes.Get("/schemas/ids/{id}", request =>
        {
            var schema = request.Formatted(request.ById().Version);
            return new SchemaString(schema.SchemaType, schema.Schema, schema.References, request.Flag("fetchMaxId") ? registry.Store.NextId - 1 : null);
        });
        routes.Get("/schemas/ids/{id}/schema", request => request.Raw(request.Formatted(request.ById().Version).Schema));
        routes.Get("/schemas/ids/{id}/subjects", request => request.Page(request.UsesOfId().Select(version => version.Version.Subject).Distinct()));
        routes.Get("/schemas/ids/{id}/versions", request => request.Page(request.UsesOfId().Select(version => new { subject = version.Version.Subject, version = version.Version.Version })));
    }

    private static void MapSettings(RegistryRoutes routes)
    {
        var registry = routes.Registry;
        routes.Get("/config", _ => new ConfigValue { CompatibilityLevel = CompatibilityLevel.Find(registry.Store.Config(null)?.CompatibilityLevel)?.Name ?? CompatibilityLevel.Backward.Name, Normalize = registry.Store.Config(null)?.Normalize });
        routes.Get("/config/{subject}", request =>
        {
            if (registry.Store.Config(request.Subject) is { } own) return own with { Subject = null, CompatibilityLevel = own.CompatibilityLevel ?? registry.LevelOf(request.Subject).Name };
            if (!request.Flag("defaultToGlobal")) throw new RegistryException(RegistryError.CompatibilityNotConfigured(request.Subject));
            return new ConfigValue { CompatibilityLevel = registry.LevelOf(request.Subject).Name };
        });
        routes.Get("/mode", _ => new ModeValue { Mode = registry.ModeOf(null) });
        routes.Get("/mode/{subject}", request =>
        {
            if (registry.Store.Mode(request.Subject) is null && !request.Flag("defaultToGlobal")) throw new RegistryException(RegistryError.ModeNotConfigured(request.Subject));
            return new ModeValue { Mode = registry.ModeOf(request.Subject) };
        });
        foreach (string path in (string[])["", "/{subject}"])
        {
            routes.Map("PUT", "/config" + path, async request =>
            {
                var body = await request.BodyAsync<ConfigRequest>().ConfigureAwait(false);
                if (body.Others?.Keys.FirstOrDefault() is { } other) throw new RegistryException(RegistryError.UnsupportedConfig(other));
                if (body.Compatibility is null && body.Normalize is null) throw new RegistryException(RegistryError.InvalidLevel());
                var set = await registry.SetConfigAsync(path.Length == 0 ? null : request.ValidSubject, body.Compatibility, body.Normalize).ConfigureAwait(false);
                return body with { Compatibility = body.Compatibility is null ? null : set.CompatibilityLevel };
            });
            routes.Map("DELETE", "/config" + path, async request =>
            {
                var old = await registry.DeleteConfigAsync(path.Length == 0 ? null : request.Subject).ConfigureAwait(false);
                if (old is null && path.Length > 0) throw new RegistryException(RegistryError.SubjectNotFound(request.Subject));
                return new ConfigValue { CompatibilityLevel = old?.CompatibilityLevel ?? CompatibilityLevel.Backward.Name, Normalize = old?.Normalize };
            });
            routes.Map("PUT", "/mode" + path, async request =>
            {
                var body = await request.BodyAsync<ModeRequest>().ConfigureAwait(false);
                return new ModeValue { Mode = await registry.SetModeAsync(path.Length == 0 ? null : request.ValidSubject, body.Mode, request.Flag("force")).ConfigureAwait(false) };
            });
            routes.Map("DELETE", "/mode" + path, async request =>
            {
                string? old = await registry.DeleteModeAsync(path.Length == 0 ? null : request.Subject).ConfigureAwait(false);
                if (old is null && path.Length > 0) throw new RegistryException(RegistryError.SubjectNotFound(request.Subject));
                return new ModeValue { Mode = old ?? "READWRITE" };
            });
        }
    }

    private static void MapServer(RegistryRoutes routes)
    {
        var registry = routes.Registry;
        routes.Get("/contexts", request => request.Page((string[])["."]));
        routes.Get("/v1/metadata/id", _ => new
        {
            id = "",
            scope = new { path = Array.Empty<string>(), clusters = new Dictionary<string, string> { ["kafka-cluster"] = registry.ClusterId, ["schema-registry-cluster"] = "schema-registry" } },
        });
        routes.Get("/v1/metadata/version", _ => new { version = typeof(SchemaRegistry).Assembly.GetName().Version?.ToString(3) ?? "", commitId = "" });
    }
}
