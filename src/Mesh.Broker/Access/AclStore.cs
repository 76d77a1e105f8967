using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mesh.Model;

namespace Mesh.Broker.Access;

/// <summary>The access control entries, kept in <c>acls.json</c> of the data folder. A change is on the disk before it is answered and in force at once.</summary>
internal sealed class AclStore : IDisposable
{
    /// <summary>More than a person can oversee; keeps a client that may change entries from filling the memory.</summary>
    public const int MaxEntries = 10_000;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    private readonly string path;
    private readonly SemaphoreSlim changing = new(1, 1);
    private volatile Index index;

    private AclStore(string path, IReadOnlyList<AclEntry> entries)
    {
        this.path = path;
        index = Index.Of(entries);
    }

    public IReadOnlyList<AclEntry> Entries => index.Entries;

    /// <exception cref="MeshException"><c>MESH7004</c> the file is damaged: starting without it could open what was closed.</exception>
    public static async ValueTask<AclStore> OpenAsync(string folder)
    {
        string path = Path.Combine(folder, "acls.json");
        if (!File.Exists(path)) return new AclStore(path, []);
        try
        {
            var entries = JsonSerializer.Deserialize<List<AclEntry>>(await File.ReadAllBytesAsync(path).ConfigureAwait(false), Json) ?? throw new JsonException("empty");
            return entries.TrueForAll(static entry => entry.IsValid) ? new AclStore(path, entries) : throw new JsonException("an entry is none");
        }
        catch (JsonException e)
        {
            throw new MeshException("MESH7004", $"{path} cannot be read: {e.Message} Restore it from a backup; without it the broker does not know who may do what.", innerException: e);
        }
    }

    public void Dispose() => changing.Dispose();

    /// <summary>Entries that are about a resource.</summary>
    public IEnumerable<AclEntry> About(AclResourceType type, string name) => index.About(type, name);

    /// <summary>Adds entries; those that are there already change nothing.</summary>
    /// <returns>False when there are too many.</returns>
    public async ValueTask<bool> AddAsync(IReadOnlyCollection<AclEntry> added)
    {
        await changing.WaitAsync().ConfigureAwait(false);
        try
        {
            var entries = index.Entries.Union(added).ToList();
            if (entries.Count > MaxEntries) return false;
            if (entries.Count != index.Entries.Count) await SaveAsync(entries).ConfigureAwait(false);
            return true;
        }
        finally
        {
            changing.Release();
        }
    }

    /// <summary>Removes the entries that a filter chooses.</summary>
    /// <returns>What was removed, for each filter.</returns>
    public async ValueTask<IReadOnlyList<IReadOnlyList<AclEntry>>> RemoveAsync(IReadOnlyCollection<AclFilter?> filters)
    {
        await changing.WaitAsync().ConfigureAwait(false);
        try
        {
            var left = index.Entries.ToList();
            List<IReadOnlyList<AclEntry>> removed = [];
            foreach (var filter in filters)
            {
                List<AclEntry> chosen = filter is null ? [] : left.FindAll(filter.Matches);
                removed.Add(chosen);
                if (chosen.Count > 0) left.RemoveAll(filter!.Matches);
            }

            if (left.Count != index.Entries.Count) await SaveAsync(left).ConfigureAwait(false);
            return removed;
        }
        finally
        {
            changing.Release();
        }
    }

    private async ValueTask SaveAsync(List<AclEntry> entries)
    {
        await AtomicFile.WriteAsync(path, JsonSerializer.SerializeToUtf8Bytes(entries, Json), CancellationToken.None).ConfigureAwait(false);
        index = Index.Of(entries);
    }

    /// <summary>Literal entries are found by name; the others are few and looked through.</summary>
    private sealed record Index(
        IReadOnlyList<AclEntry> Entries, FrozenDictionary<(AclResourceType, string), AclEntry[]> Literal, FrozenDictionary<AclResourceType, AclEntry[]> Prefixed)
    {
        public static Index Of(IReadOnlyList<AclEntry> entries) => new(
            entries,
            entries.Where(static entry => entry.PatternType == AclPatternType.Literal).GroupBy(static entry => (entry.ResourceType, entry.ResourceName)).ToFrozenDictionary(static group => group.Key, static group => group.ToArray()),
            entries.Where(static entry => entry.PatternType == AclPatternType.Prefixed).GroupBy(static entry => entry.ResourceType).ToFrozenDictionary(static group => group.Key, static group => group.ToArray()));

        public IEnumerable<AclEntry> About(AclResourceType type, string name)
        {
            foreach (var entry in Literal.GetValueOrDefault((type, name), [])) yield return entry;
            if (name != AclEntry.Wildcard)
            {
                foreach (var entry in Literal.GetValueOrDefault((type, AclEntry.Wildcard), [])) yield return entry;
            }

            foreach (var entry in Prefixed.GetValueOrDefault(type, []))
            {
                if (entry.AppliesTo(name)) yield return entry;
            }
        }
    }
}
