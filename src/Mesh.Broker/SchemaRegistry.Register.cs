using Mesh.Broker.Registry;

namespace Mesh.Broker;

/// <content>Registering, looking up, comparing.</content>
public sealed partial class SchemaRegistry
{
    /// <summary>Registers a schema; one that is registered already keeps its id, in the same subject its version too.</summary>
    internal ValueTask<SubjectVersion> RegisterAsync(string subject, SchemaRequest request, bool normalize) => ChangeAsync(async () =>
    {
        string mode = ModeOf(subject);
        if (mode is "READONLY" or "READONLY_OVERRIDE") throw ReadOnly(subject);
        bool isImport = mode == "IMPORT";
        if (!isImport && (request.Id > 0 || request.Version > 0)) throw new RegistryException(RegistryError.NotPermitted($"Subject {subject} is not in import mode"));

        request = Resolved(request);
        var parsed = Parse(request);
        string content = SchemaStore.ContentOf(request.Type, parsed.Canonical, request.References);
        if (!isImport && Lookup(subject, content, deleted: false) is { } existing) return existing;

        var versions = store.Versions(subject);
        var live = versions.Where(version => !version.IsDeleted).ToList();
        if (!isImport)
        {
            var messages = Check(LevelOf(subject), parsed, request.Type, live);
            if (messages.Count > 0) throw new RegistryException(RegistryError.Incompatible(subject, messages));
        }

        int id = request.Id ?? store.IdOf(content) ?? store.NextId;
        if (request.Id > 0 && store.Find(id) is { } other && SchemaStore.ContentOf(other) != content) throw new RegistryException(RegistryError.IdDoesNotMatch(id));
        var version = new SubjectVersion
        {
            Subject = subject,
            Version = request.Version > 0 ? request.Version.Value : versions.Count == 0 ? 1 : versions[^1].Version.Version + 1,
            Id = id,
            SchemaType = request.Type == SubjectVersion.Avro ? null : request.Type,
            References = request.References is { Count: > 0 } references ? references : null,
            Schema = Normalizes(subject, normalize) ? parsed.Canonical : parsed.Text,
        };
        await WriteAsync(RegistryKey.Schema(subject, version.Version), version with { Deleted = false }).ConfigureAwait(false);
        return version;
    });

    /// <summary>The version of a subject that has this schema.</summary>
    internal SubjectVersion? Lookup(string subject, SchemaRequest request, bool deleted)
    {
        request = Resolved(request);
        return Lookup(subject, SchemaStore.ContentOf(request.Type, Parse(request).Canonical, request.References), deleted);
    }

    /// <summary>Whether a schema could be registered after one version, or after those the level asks for.</summary>
    /// <param name="subject">Subject.</param>
    /// <param name="request">The schema.</param>
    /// <param name="version">The version to hold it against; null for those of the level.</param>
    /// <returns>Why not; empty when it could.</returns>
    internal IReadOnlyList<string> Check(string subject, SchemaRequest request, StoredSchema? version)
    {
        request = Resolved(request);
        var earlier = version is null ? store.Versions(subject).Where(each => !each.IsDeleted).ToList() : [version];
        return Check(LevelOf(subject), Parse(request), request.Type, earlier);
    }

    private static IReadOnlyList<string> Check(CompatibilityLevel level, ParsedSchema parsed, string type, IReadOnlyList<StoredSchema> earlier)
    {
        try
        {
            return level.Check(parsed, type, earlier);
        }
        catch (SchemaFormatException exception)
        {
            throw new RegistryException(RegistryError.InvalidSchema(exception.Message));
        }
    }

    private SubjectVersion? Lookup(string subject, string content, bool deleted) =>
        store.Versions(subject).LastOrDefault(version => (deleted || !version.IsDeleted) && SchemaStore.ContentOf(version) == content)?.Answer;

    private ParsedSchema Parse(SchemaRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.Schema)) throw new RegistryException(RegistryError.InvalidSchema("it is empty."));
        try
        {
            return SchemaParser.Parse(request.Type, request.Schema, store.Referenced(request.References ?? []));
        }
        catch (SchemaFormatException exception)
        {
            throw new RegistryException(RegistryError.InvalidSchema(exception.Message));
        }
    }

    /// <summary>References to the latest version are to the one that is so now.</summary>
    private SchemaRequest Resolved(SchemaRequest request)
    {
        if (request.References is not { Count: > 0 } references) return request;
        return request with
        {
            References = [.. references.Select(reference =>
            {
                if (reference?.Subject is null || reference.Name is null) throw new RegistryException(RegistryError.InvalidSchema("a reference needs name, subject and version."));
                return reference.Version == -1 && Latest(reference.Subject) is { } latest ? reference with { Version = latest.Version.Version } : reference;
            })],
        };
    }

    internal StoredSchema? Latest(string subject, bool deleted = false) => store.Versions(subject).LastOrDefault(version => deleted || !version.IsDeleted);

    internal CompatibilityLevel LevelOf(string subject) =>
        CompatibilityLevel.Find(store.Config(subject)?.CompatibilityLevel) ?? CompatibilityLevel.Find(store.Config(null)?.CompatibilityLevel) ?? CompatibilityLevel.Backward;

    private bool Normalizes(string subject, bool asked) => asked || (store.Config(subject)?.Normalize ?? store.Config(null)?.Normalize ?? false);
}
