namespace Mesh.Commands.Ingest.Telemetry;

/// <summary>
/// The producers of a partition. What it admits depends on the messages before and on nothing else, so that a partition read again from a saved state
/// ends with the same rows.
/// </summary>
internal sealed class ProducerWindows(int maxProducers)
{
    private readonly Dictionary<string, ProducerWindow> windows = [];
    private readonly SortedSet<(long LastOffset, string Producer)> byAge = new(Comparer<(long LastOffset, string Producer)>.Create(
        (one, other) => one.LastOffset != other.LastOffset ? one.LastOffset.CompareTo(other.LastOffset) : string.CompareOrdinal(one.Producer, other.Producer)));

    private readonly HashSet<string> changed = [];

    /// <summary>Takes a saved producer in.</summary>
    public void Load(string producer, ProducerWindow window)
    {
        windows[producer] = window;
        byAge.Add((window.LastOffset, producer));
    }

    /// <summary>Notes a message.</summary>
    /// <returns>False when it has been sent before.</returns>
    public bool Admit(string producer, long sequence, long offset)
    {
        if (!windows.TryGetValue(producer, out var window))
        {
            windows.Add(producer, window = new ProducerWindow());
        }
        else
        {
            byAge.Remove((window.LastOffset, producer));
        }

        window.LastOffset = offset;
        byAge.Add((offset, producer));
        changed.Add(producer);
        bool isNew = window.TryAdd(sequence);
        if (windows.Count > maxProducers)
        {
            var oldest = byAge.Min;
            byAge.Remove(oldest);
            windows.Remove(oldest.Producer);
            changed.Add(oldest.Producer);
        }

        return isNew;
    }

    /// <summary>Producers that have changed since they were saved; without a window the forgotten ones.</summary>
    public IReadOnlyList<(string Producer, ProducerWindow? Window)> Changed =>
        [.. changed.Select(producer => (producer, windows.GetValueOrDefault(producer)))];

    /// <summary>Notes that all changes have been saved.</summary>
    public void Saved() => changed.Clear();
}
