using Mesh.Synchronise.Matching;

namespace Mesh.Synchronise.Tests.Matching;

/// <summary>Messages in order of arrival. A message's handle is its 0-based number within its channel.</summary>
internal sealed record Scenario(int Channels, int[] Channel, long[] StampNs, long[]? ArrivalNs = null)
{
    public long[] Handles { get; } = Number(Channels, Channel);

    public int Count => Channel.Length;

    /// <summary>Feeds all, completes, and returns what was decided.</summary>
    public RecordingSink Run(Func<IMatchSink, SetMatcher> create)
    {
        var sink = new RecordingSink();
        var matcher = create(sink);
        for (int i = 0; i < Count; i++)
        {
            sink.Position = i;
            matcher.Add(Channel[i], StampNs[i], ArrivalNs?[i] ?? StampNs[i], Handles[i]);
        }

        sink.Position = Count;
        matcher.Complete();
        return sink;
    }

    /// <summary>The same messages in order of (stamp, channel, number), as a matcher that needs order wants them.</summary>
    public Scenario Sorted()
    {
        int[] order = [.. Enumerable.Range(0, Count).OrderBy(i => StampNs[i]).ThenBy(i => Channel[i]).ThenBy(i => Handles[i])];
        return new Scenario(Channels, [.. order.Select(i => Channel[i])], [.. order.Select(i => StampNs[i])]);
    }

    /// <summary>Per channel its stamps, by handle.</summary>
    public long[][] Stamps() => [.. Enumerable.Range(0, Channels).Select(c => Enumerable.Range(0, Count).Where(i => Channel[i] == c).Select(i => StampNs[i]).ToArray())];

    public long TotalSpread(RecordingSink sink)
    {
        long[][] stamps = Stamps();
        return sink.Sets.Sum(set => Spread(stamps, set.Messages));
    }

    public static long Spread(long[][] stamps, long[] set)
    {
        var times = set.Select((message, c) => stamps[c][message]).ToArray();
        return times.Max() - times.Min();
    }

    /// <summary>Rates with jitter, drop-outs, bursts and ties; per channel stamps never decrease, channels interleave by stamp plus latency.</summary>
    public static Scenario Random(int seed, int channels, int perChannel, int scale = 100)
    {
        var random = new Random(seed);
        List<(double Arrival, int Channel, long Stamp, int Number)> all = [];
        for (int c = 0; c < channels; c++)
        {
            long stamp = 1_700_000_000_000_000_000 + random.Next(scale);
            int period = random.Next(scale / 4, scale);
            double arrival = 0;
            for (int i = 0; i < perChannel; i++)
            {
                stamp += random.Next(12) switch { 0 => period * 4, 1 => 0, 2 => period / 3, _ => period + random.Next(-period / 8, period / 8 + 1) };
                arrival = Math.Max(arrival, stamp - 1_700_000_000_000_000_000 + random.Next(scale));
                if (random.Next(8) != 0) all.Add((arrival, c, stamp, i));
            }
        }

        all.Sort();
        return new Scenario(channels, [.. all.Select(m => m.Channel)], [.. all.Select(m => m.Stamp)]);
    }

    private static long[] Number(int channels, int[] channel)
    {
        long[] next = new long[channels];
        return [.. channel.Select(c => next[c]++)];
    }
}
