using System.Globalization;
using System.Text;
using System.Text.Json;
using Mesh.Broker.Registry.Protobuf;
using Microsoft.AspNetCore.Http;

namespace Mesh.Broker.Registry;

/// <summary>What a request asks for, in the words of the registry's interface.</summary>
internal sealed class RegistryRequest(HttpContext context, SchemaRegistry registry)
{
    /// <summary>Longest request accepted, in bytes.</summary>
    private const int MaxBodyBytes = 8 << 20;

    private const int MaxSubjectCharacters = 1024;
    private const string DefaultContext = ":.:";
    private const string AllContexts = ":*:";

    /// <summary>The subject of the path; the default context may be named.</summary>
    public string Subject => InDefaultContext(Route("subject").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase));

    /// <summary>A subject that something may be kept for.</summary>
    public string ValidSubject => Subject is { Length: > 0 and <= MaxSubjectCharacters } subject && !subject.StartsWith(":.", StringComparison.Ordinal) && !subject.Any(char.IsControl)
        ? subject
        : throw new RegistryException(RegistryError.InvalidSubject(Subject));

    public string SubjectPrefix => context.Request.Query["subjectPrefix"].ToString() is var prefix and not AllContexts ? InDefaultContext(prefix) : "";

    public bool IsLatest => Route("version") is "latest" or "-1";

    public bool Flag(string name) => string.Equals(context.Request.Query[name], "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the question is for what is deleted, or not, or both.</summary>
    public bool Takes(bool isDeleted) => Flag("deletedOnly") ? isDeleted : !isDeleted || Flag("deleted");

    /// <summary>The version of the path.</summary>
    public StoredSchema Version(bool deleted)
    {
        string text = Route("version");
        int number = -1;
        if (!IsLatest && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) || number < 1)) throw new RegistryException(RegistryError.InvalidVersion(text));
        if (registry.Latest(Subject, deleted) is not { } latest) throw new RegistryException(RegistryError.SubjectNotFound(Subject));
        if (IsLatest) return registry.Latest(Subject) ?? latest;
        return registry.Store.Find(Subject, number) is { } found && (deleted || !found.IsDeleted) ? found : throw new RegistryException(RegistryError.VersionNotFound(text));
    }

    /// <summary>The schema of the id in the path; of the subject in the query, when that has it: texts of one id may be laid out differently.</summary>
    public StoredSchema ById()
    {
        if (!int.TryParse(Route("id"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int id)) throw new RegistryException(RegistryError.NotFound);
        string subject = InDefaultContext(context.Request.Query["subject"].ToString());
        if (subject.StartsWith(":.", StringComparison.Ordinal)) throw new RegistryException(RegistryError.SchemaNotFound(id));
        return registry.Store.Versions(subject).FirstOrDefault(version => version.Version.Id == id) ?? registry.Store.Find(id)
            ?? throw new RegistryException(RegistryError.SchemaNotFound(id));
    }

    /// <summary>Versions that have the id in the path.</summary>
    public IEnumerable<StoredSchema> UsesOfId()
    {
        int id = ById().Version.Id;
        return registry.Store.All.Where(version => version.Version.Id == id && Takes(version.IsDeleted));
    }

    /// <summary>A version in the format that is asked for: <c>serialized</c> is the base64 of a Protobuf descriptor.</summary>
    public SubjectVersion Formatted(SubjectVersion version)
    {
        if (context.Request.Query["format"] != "serialized" || version.Type != "PROTOBUF") return version;
        if (registry.Store.Find(version.Id)?.Parsed is not ProtobufSchema parsed) return version;
        return version with { Schema = Convert.ToBase64String(ProtoDescriptorWriter.Write(parsed.Linked)) };
    }

    /// <summary>The part of a list that <c>offset</c> and <c>limit</c> ask for.</summary>
    public IReadOnlyList<T> Page<T>(IEnumerable<T> all)
    {
        if (int.TryParse(context.Request.Query["offset"], CultureInfo.InvariantCulture, out int offset)) all = all.Skip(offset);
        if (int.TryParse(context.Request.Query["limit"], CultureInfo.InvariantCulture, out int limit) && limit > 0) all = all.Take(limit);
        return [.. all];
    }

    public object Compatibility(IReadOnlyList<string> messages) =>
        new CompatibilityAnswer(messages.Count == 0, Flag("verbose") ? messages : null);

    /// <summary>An answer that is a schema's text itself.</summary>
    public object Raw(string schema) => Encoding.UTF8.GetBytes(schema);

    /// <summary>Reads the request's body, in bounded memory.</summary>
    public async ValueTask<T> BodyAsync<T>()
    {
        byte[] buffer = new byte[4096];
        using var body = new MemoryStream();
        int read;
        while ((read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted).ConfigureAwait(false)) > 0)
        {
            if (body.Length + read > MaxBodyBytes) throw new RegistryException(RegistryError.TooLarge());
            body.Write(buffer, 0, read);
        }

        try
        {
            return JsonSerializer.Deserialize<T>(body.GetBuffer().AsSpan(0, (int)body.Length)) ?? throw new RegistryException(RegistryError.InvalidSchema("the request is empty."));
        }
        catch (JsonException exception)
        {
            throw new RegistryException(RegistryError.InvalidSchema($"the request is not JSON: {exception.Message}"));
        }
        catch (InvalidOperationException)
        {
            throw new RegistryException(RegistryError.InvalidSchema("the request holds text that is not Unicode."));
        }
    }

    private string Route(string name) => context.Request.RouteValues[name] as string ?? "";

    private static string InDefaultContext(string subject) => subject.StartsWith(DefaultContext, StringComparison.Ordinal) ? subject[DefaultContext.Length..] : subject;
}
