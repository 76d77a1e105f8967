namespace Mesh.Commands.Live;

/// <summary>Figures of the last hour, a point every fifteen seconds, in memory: a restarted server begins anew. Thread-safe.</summary>
public sealed class LiveHistory
{
    /// <summary>Points that are kept: an hour.</summary>
    public const int Capacity = 240;

    private readonly Lock gate = new();
    private readonly Queue<LiveSample> samples = new(Capacity);
    private LiveFacts? last;

    /// <summary>The points, oldest first.</summary>
    public IReadOnlyList<LiveSample> Samples
    {
        get
        {
            lock (gate) return [.. samples];
        }
    }

    /// <summary>Adds a point; of the first facts only the counters are kept, since a rate needs two.</summary>
    public void Add(LiveFacts facts)
    {
        lock (gate)
        {
            if (last is { } before && facts.At > before.At)
            {
                if (samples.Count == Capacity) samples.Dequeue();
                samples.Enqueue(new LiveSample(
                    facts.At, LiveRates.Rows(before, facts), LiveRates.ReceivedBytes(before, facts), facts.Lags.Values.Sum(), facts.OpenLetters,
                    facts.Recordings.GetValueOrDefault("accepted") + facts.Recordings.GetValueOrDefault("written")));
            }

            last = facts;
        }
    }
}
