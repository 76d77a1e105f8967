using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Mesh.Broker.Groups;

/// <summary>All groups of the broker, which coordinates every one of them.</summary>
internal sealed class GroupCoordinator(GroupSettings settings, TimeProvider time, ILogger logger) : IDisposable
{
    private readonly ConcurrentDictionary<string, Group> groups = new(StringComparer.Ordinal);
    private readonly Lock creating = new();
    private bool closed;

    public IEnumerable<Group> All => groups.Values;

    public Group? Find(string id) => groups.GetValueOrDefault(id);

    /// <summary>The group, created when it is new; null when there are too many.</summary>
    public Group? FindOrCreate(string id)
    {
        if (groups.TryGetValue(id, out var found)) return found;
        lock (creating)
        {
            if (closed) return null;
            if (groups.TryGetValue(id, out found)) return found;
            if (groups.Count >= GroupSettings.MaxGroups) DropIdle();
            if (groups.Count >= GroupSettings.MaxGroups) return null;
            return groups[id] = new Group(id, settings, time, logger);
        }
    }

    public void Dispose()
    {
        lock (creating) closed = true;
        foreach (var group in groups.Values) group.Dispose();
    }

    private void DropIdle()
    {
        foreach (var group in groups.Values.Where(group => group.IsIdle))
        {
            groups.TryRemove(group.Id, out _);
            group.Dispose();
        }
    }
}
