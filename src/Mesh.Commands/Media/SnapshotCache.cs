namespace Mesh.Commands.Media;

/// <summary>
/// Keeps what was computed from tables, by keys that name their snapshots, so that nothing is answered from a state that is gone. Drops what was used longest ago
/// when there is too much.
/// </summary>
/// <param name="maxBytes">Memory for all of it.</param>
internal sealed class SnapshotCache(long maxBytes)
{
    private readonly Lock guard = new();
    private readonly Dictionary<string, LinkedListNode<(string Key, object Value, long Bytes)>> entries = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Key, object Value, long Bytes)> byUse = new();
    private long held;

    /// <summary>What is kept under a key; null for nothing.</summary>
    public T? Find<T>(string key)
        where T : class
    {
        lock (guard)
        {
            if (!entries.TryGetValue(key, out var node)) return null;
            byUse.Remove(node);
            byUse.AddFirst(node);
            return (T)node.Value.Value;
        }
    }

    /// <summary>Keeps a value, unless it alone is too large.</summary>
    /// <param name="key">Names the snapshots it was computed from.</param>
    /// <param name="value">The value.</param>
    /// <param name="bytes">About how much memory it takes.</param>
    public void Keep(string key, object value, long bytes)
    {
        bytes += 2 * key.Length + 200;
        if (bytes > maxBytes) return;
        lock (guard)
        {
            if (entries.Remove(key, out var old))
            {
                byUse.Remove(old);
                held -= old.Value.Bytes;
            }

            entries.Add(key, byUse.AddFirst((key, value, bytes)));
            held += bytes;
            while (held > maxBytes && byUse.Last is { } last)
            {
                byUse.RemoveLast();
                entries.Remove(last.Value.Key);
                held -= last.Value.Bytes;
            }
        }
    }
}
