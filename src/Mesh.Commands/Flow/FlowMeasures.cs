namespace Mesh.Commands.Flow;

/// <summary>What two samples say together: what is, from the later, and how fast, from both.</summary>
/// <param name="earlier">The earlier; the same as the later when there is only one.</param>
/// <param name="later">The later.</param>
internal sealed class FlowMeasures(FlowSample earlier, FlowSample later)
{
    private readonly double seconds = (later.At - earlier.At).TotalSeconds;

    public DateTimeOffset At => later.At;

    public TimeSpan Window => later.At - earlier.At;

    /// <summary>Records per second that a topic got.</summary>
    public double? TopicRate(string topic) => Rate(earlier.Ends, later.Ends, topic);

    /// <summary>Records per second that a group finished in a topic.</summary>
    public double? ReadRate(string group, string topic) => Rate(earlier.Committed, later.Committed, (group, topic));

    public long? Records(string topic) => Of(later.Records, topic);

    public long? Bytes(string topic) => Of(later.Bytes, topic);

    public long? Lag(string group, string topic) => Of(later.Lags, (group, topic));

    /// <summary>Records of a topic that the slowest group has not finished; null when none reads it.</summary>
    public long? SlowestLag(string topic) => later.Lags.Where(lag => lag.Key.Topic == topic).Select(lag => (long?)lag.Value).Max();

    /// <summary>Topics that a group reads.</summary>
    public IReadOnlyList<string> TopicsOf(string group) => [.. later.Lags.Keys.Where(key => key.Group == group).Select(key => key.Topic).Order(StringComparer.Ordinal)];

    /// <summary>Whether records waited all the time and none was finished.</summary>
    public bool IsStalled(string group, string topic) =>
        seconds > 0 && Of(earlier.Lags, (group, topic)) > 0 && Of(later.Lags, (group, topic)) > 0
        && Of(earlier.Committed, (group, topic)) == Of(later.Committed, (group, topic));

    /// <summary>A gauge of a topology; empty for the whole server's.</summary>
    public double? Gauge(string metric, string topology = "") => later.Metrics.TryGetValue((metric, topology), out double value) ? value : null;

    /// <summary>How fast a counter of a topology rises, per second.</summary>
    public double? CounterRate(string metric, string topology = "")
    {
        if (seconds <= 0 || !later.Metrics.TryGetValue((metric, topology), out double now)) return null;

        // A counter that was not there yet had counted nothing.
        return Math.Max(0, now - earlier.Metrics.GetValueOrDefault((metric, topology))) / seconds;
    }

    private double? Rate<TKey>(IReadOnlyDictionary<TKey, long> before, IReadOnlyDictionary<TKey, long> after, TKey key)
    {
        if (seconds <= 0 || !before.TryGetValue(key, out long first) || !after.TryGetValue(key, out long last)) return null;
        return Math.Max(0, last - first) / seconds;
    }

    private static long? Of<TKey>(IReadOnlyDictionary<TKey, long> values, TKey key) => values.TryGetValue(key, out long value) ? value : null;
}
