using Mesh.Broker.Registry;

namespace Mesh.Broker;

/// <content>Deleting, compatibility levels, modes.</content>
public sealed partial class SchemaRegistry
{
    private static readonly string[] Modes = ["READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT"];

    /// <summary>The mode that holds for a subject.</summary>
    internal string ModeOf(string? subject)
    {
        string? global = store.Mode(null);
        if (global == "READONLY_OVERRIDE" || subject is null) return global ?? "READWRITE";
        return store.Mode(subject) ?? global ?? "READWRITE";
    }

    internal ValueTask<IReadOnlyList<int>> DeleteSubjectAsync(string subject, bool permanent) => ChangeAsync<IReadOnlyList<int>>(async () =>
    {
        ShouldBeWritable(subject);
        var versions = store.Versions(subject);
        var live = versions.Where(version => !version.IsDeleted).ToList();
        if (versions.Count == 0) throw new RegistryException(RegistryError.SubjectNotFound(subject));
        if (!permanent)
        {
            if (live.Count == 0) throw new RegistryException(RegistryError.SubjectSoftDeleted(subject));
            foreach (var version in live) ShouldNotBeReferenced(version, includeDeleted: false);
            var key = new RegistryKey { KeyType = RegistryKey.DeleteSubjectType, Subject = subject };
            await WriteAsync(key, new DeleteSubjectValue { Subject = subject, Version = live[^1].Version.Version }).ConfigureAwait(false);
            await ForgetSettingsAsync(subject).ConfigureAwait(false);
            return [.. live.Select(version => version.Version.Version)];
        }

        if (live.Count > 0) throw new RegistryException(RegistryError.SubjectNotSoftDeleted(subject));
        foreach (var version in versions) ShouldNotBeReferenced(version, includeDeleted: true);
        foreach (var version in versions) await WriteAsync<SubjectVersion>(RegistryKey.Schema(subject, version.Version.Version), null).ConfigureAwait(false);
        await ForgetSettingsAsync(subject).ConfigureAwait(false);
        return [.. versions.Select(version => version.Version.Version)];
    });

    internal ValueTask<int> DeleteVersionAsync(StoredSchema version, bool permanent) => ChangeAsync(async () =>
    {
        var (subject, number) = (version.Version.Subject, version.Version.Version);
        ShouldBeWritable(subject);
        if (!permanent && version.IsDeleted) throw new RegistryException(RegistryError.VersionSoftDeleted(subject, number));
        if (permanent && !version.IsDeleted) throw new RegistryException(RegistryError.VersionNotSoftDeleted(subject, number));
        ShouldNotBeReferenced(version, includeDeleted: permanent);
        await WriteAsync(RegistryKey.Schema(subject, number), permanent ? null : version.Version with { Deleted = true }).ConfigureAwait(false);
        return number;
    });

    /// <summary>Ids of the schemas that refer to a version.</summary>
    internal IReadOnlyList<int> ReferencedBy(string subject, int version, bool deleted) =>
        [.. store.All.Where(each => (deleted || !each.IsDeleted) && Refers(each, subject, version)).Select(each => each.Version.Id).Distinct().Order()];

    /// <param name="subject">Subject; null for all.</param>
    /// <param name="level">Name of the level; null leaves it.</param>
    /// <param name="normalize">Whether schemas are kept in their canonical form; null leaves it.</param>
    internal ValueTask<ConfigValue> SetConfigAsync(string? subject, string? level, bool? normalize) => ChangeAsync(async () =>
    {
        var known = CompatibilityLevel.Find(level);
        if (level is not null && known is null) throw new RegistryException(RegistryError.InvalidLevel());
        ShouldBeWritable(subject);
        var before = store.Config(subject);
        var value = new ConfigValue { Subject = subject, CompatibilityLevel = known?.Name ?? before?.CompatibilityLevel, Normalize = normalize ?? before?.Normalize };
        await WriteAsync(new RegistryKey { KeyType = RegistryKey.ConfigType, Subject = subject }, value).ConfigureAwait(false);
        return value;
    });

    internal ValueTask<ConfigValue?> DeleteConfigAsync(string? subject) => ChangeAsync(async () =>
    {
        ShouldBeWritable(subject);
        var before = store.Config(subject);
        if (before is not null) await WriteAsync<ConfigValue>(new RegistryKey { KeyType = RegistryKey.ConfigType, Subject = subject }, null).ConfigureAwait(false);
        return before;
    });

    internal ValueTask<string> SetModeAsync(string? subject, string? mode, bool force) => ChangeAsync(async () =>
    {
        string? known = Modes.FirstOrDefault(each => string.Equals(each, mode, StringComparison.OrdinalIgnoreCase));
        if (known is null) throw new RegistryException(RegistryError.InvalidMode());
        if (known == "IMPORT" && ModeOf(subject) != "IMPORT" && !force && (subject is null ? store.All.Any(version => !version.IsDeleted) : store.Versions(subject).Any(version => !version.IsDeleted)))
        {
            throw new RegistryException(RegistryError.NotPermitted("Cannot import since found existing subjects"));
        }

        await WriteAsync(new RegistryKey { KeyType = RegistryKey.ModeType, Subject = subject }, new ModeValue { Subject = subject, Mode = known }).ConfigureAwait(false);
        return known;
    });

    internal ValueTask<string?> DeleteModeAsync(string? subject) => ChangeAsync(async () =>
    {
        string? before = store.Mode(subject);
        if (before is not null) await WriteAsync<ModeValue>(new RegistryKey { KeyType = RegistryKey.ModeType, Subject = subject }, null).ConfigureAwait(false);
        return before;
    });

    private static bool Refers(StoredSchema schema, string subject, int version) =>
        schema.Version.References is { } references && references.Any(reference => reference.Subject == subject && reference.Version == version);

    private void ShouldNotBeReferenced(StoredSchema version, bool includeDeleted)
    {
        var (subject, number) = (version.Version.Subject, version.Version.Version);
        if (ReferencedBy(subject, number, includeDeleted).Count > 0) throw new RegistryException(RegistryError.ReferenceExists(subject, number));
    }

    private void ShouldBeWritable(string? subject)
    {
        if (ModeOf(subject) is "READONLY" or "READONLY_OVERRIDE") throw ReadOnly(subject);
    }

    private static RegistryException ReadOnly(string? subject) =>
        new(RegistryError.NotPermitted(subject is null ? "The registry is in read-only mode" : $"Subject {subject} is in read-only mode"));

    private async ValueTask ForgetSettingsAsync(string subject)
    {
        if (store.Mode(subject) is not null) await WriteAsync<ModeValue>(new RegistryKey { KeyType = RegistryKey.ModeType, Subject = subject }, null).ConfigureAwait(false);
        if (store.Config(subject) is not null) await WriteAsync<ConfigValue>(new RegistryKey { KeyType = RegistryKey.ConfigType, Subject = subject }, null).ConfigureAwait(false);
    }
}
