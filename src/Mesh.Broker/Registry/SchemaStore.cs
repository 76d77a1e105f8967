using System.Text;
using System.Text.Json;

namespace Mesh.Broker.Registry;

/// <summary>
/// What the records of <c>_schemas</c> come to, in memory. Records may be missing, since the topic is compacted, and may be of other
/// registries; they are applied in order.
/// </summary>
internal sealed class SchemaStore
{
    private const int MaxReferenceDepth = 64;
    private readonly Lock reading = new();
    private readonly SortedDictionary<string, SortedDictionary<int, StoredSchema>> subjects = new(StringComparer.Ordinal);
    private readonly Dictionary<int, StoredSchema> byId = [];
    private readonly Dictionary<string, ConfigValue> configs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> modes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> idByContent = new(StringComparer.Ordinal);
    private readonly List<StoredSchema> notIndexed = [];
    private int lastId;

    public int NextId
    {
        get
        {
            lock (reading) return lastId + 1;
        }
    }

    public IReadOnlyList<StoredSchema> All
    {
        get
        {
            lock (reading) return [.. subjects.Values.SelectMany(versions => versions.Values)];
        }
    }

    /// <summary>Versions of a subject in order, deleted ones too; empty when there is none.</summary>
    public IReadOnlyList<StoredSchema> Versions(string subject)
    {
        lock (reading) return subjects.TryGetValue(subject, out var versions) ? [.. versions.Values] : [];
    }

    public StoredSchema? Find(string subject, int version)
    {
        lock (reading) return subjects.TryGetValue(subject, out var versions) ? versions.GetValueOrDefault(version) : null;
    }

    /// <summary>A schema by id, also when no subject has it any more.</summary>
    public StoredSchema? Find(int id)
    {
        lock (reading) return byId.GetValueOrDefault(id);
    }

    /// <summary>The id that a content has in any subject.</summary>
    public int? IdOf(string content)
    {
        Index();
        lock (reading) return idByContent.TryGetValue(content, out int id) ? id : null;
    }

    /// <param name="subject">Subject; null for all.</param>
    public ConfigValue? Config(string? subject)
    {
        lock (reading) return configs.GetValueOrDefault(subject ?? "");
    }

    /// <param name="subject">Subject; null for all.</param>
    public string? Mode(string? subject)
    {
        lock (reading) return modes.GetValueOrDefault(subject ?? "");
    }

    /// <summary>Applies a record of the log.</summary>
    /// <exception cref="JsonException">Key or value are not what this key type has.</exception>
    public void Apply(ReadOnlySpan<byte> keyJson, ReadOnlySpan<byte> valueJson, bool isTombstone)
    {
        if (JsonSerializer.Deserialize<RegistryKey>(keyJson) is not { KeyType: not null } key) return;
        string subject = key.Subject ?? "";
        lock (reading)
        {
            switch (key.KeyType)
            {
                case RegistryKey.SchemaType when isTombstone:
                    Remove(subject, key.Version ?? 0);
                    break;
                case RegistryKey.SchemaType when JsonSerializer.Deserialize<SubjectVersion>(valueJson) is { } version:
                    Put(version with { Deleted = null, Schema = version.Schema ?? "" }, version.Deleted == true);
                    break;
                case RegistryKey.ConfigType:
                    if (isTombstone || JsonSerializer.Deserialize<ConfigValue>(valueJson) is not { } config) configs.Remove(subject);
                    else configs[subject] = config;
                    break;
                case RegistryKey.ModeType:
                    if (isTombstone || JsonSerializer.Deserialize<ModeValue>(valueJson) is not { } mode) modes.Remove(subject);
                    else modes[subject] = mode.Mode;
                    break;
                case RegistryKey.DeleteSubjectType when !isTombstone && JsonSerializer.Deserialize<DeleteSubjectValue>(valueJson) is { } deleted && subjects.TryGetValue(subject, out var versions):
                    foreach (var each in versions.Values.Where(each => each.Version.Version <= deleted.Version && !each.IsDeleted).ToList()) Put(each.Version, isDeleted: true);
                    break;
                case RegistryKey.ClearSubjectType when !isTombstone && subjects.TryGetValue(subject, out var all):
                    foreach (int each in all.Where(pair => pair.Value.IsDeleted).Select(pair => pair.Key).ToList()) Remove(subject, each);
                    break;
            }
        }
    }

    /// <summary>The schemas that references lead to.</summary>
    /// <exception cref="RegistryException">One leads nowhere, or too deep.</exception>
    public IReadOnlyList<ReferencedSchema> Referenced(IReadOnlyList<SchemaReference> references) => Referenced(references, [], 0);

    /// <summary>What makes two schemas the same: type, canonical text, references.</summary>
    public static string ContentOf(string type, string canonical, IReadOnlyList<SchemaReference>? references)
    {
        var key = new StringBuilder(type).Append('\0');
        foreach (var reference in references ?? []) key.Append(reference.Name).Append('\0').Append(reference.Subject).Append('\0').Append(reference.Version).Append('\0');
        return key.Append('\0').Append(canonical).ToString();
    }

    public static string ContentOf(StoredSchema schema) => ContentOf(schema.Version.Type, schema.Parsed?.Canonical ?? schema.Version.Schema, schema.Version.References);

    private List<ReferencedSchema> Referenced(IReadOnlyList<SchemaReference> references, Dictionary<(string, int), ReferencedSchema> known, int depth)
    {
        if (depth > MaxReferenceDepth) throw new RegistryException(RegistryError.InvalidSchema($"references are nested more than {MaxReferenceDepth} deep."));
        List<ReferencedSchema> found = [];
        foreach (var reference in references)
        {
            var stored = Find(reference.Subject, reference.Version)
                ?? throw new RegistryException(RegistryError.InvalidSchema($"No schema reference found for subject \"{reference.Subject}\" and version {reference.Version}"));
            if (!known.TryGetValue((reference.Subject, reference.Version), out var schema))
            {
                schema = new ReferencedSchema(reference.Name, stored.Version.Schema, Referenced(stored.Version.References ?? [], known, depth + 1));
                known[(reference.Subject, reference.Version)] = schema;
            }

            found.Add(schema.Name == reference.Name ? schema : schema with { Name = reference.Name });
        }

        return found;
    }

    /// <summary>Reading every text takes its time, and what it refers to may lie later in the log: it is done when it is first asked for.</summary>
    private void Index()
    {
        List<StoredSchema> todo;
        lock (reading)
        {
            if (notIndexed.Count == 0) return;
            todo = [.. notIndexed];
            notIndexed.Clear();
        }

        var contents = todo.Select(schema => (Content: ContentOf(schema), schema.Version.Id)).ToList();
        lock (reading)
        {
            foreach (var (content, id) in contents) idByContent.TryAdd(content, id);
        }
    }

    private void Put(SubjectVersion version, bool isDeleted)
    {
        var schema = new StoredSchema(version, isDeleted, this);
        lastId = Math.Max(lastId, version.Id);
        if (byId.TryAdd(version.Id, schema)) notIndexed.Add(schema);
        if (!subjects.TryGetValue(version.Subject, out var versions)) subjects[version.Subject] = versions = [];
        versions[version.Version] = schema;
    }

    private void Remove(string subject, int version)
    {
        if (!subjects.TryGetValue(subject, out var versions)) return;
        versions.Remove(version);
        if (versions.Count == 0) subjects.Remove(subject);
    }
}
