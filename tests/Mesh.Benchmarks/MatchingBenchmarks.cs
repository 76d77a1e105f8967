using BenchmarkDotNet.Attributes;
using Mesh.Synchronise.Matching;
using Mesh.Synchronise.Watermarks;

namespace Mesh.Benchmarks;

/// <summary>
/// Set matchers and the watermark over half a million messages: three sensors of 10, 30 and 100 Hz, or two of 100 Hz, with jitter and one
/// message in eight missing. The throughput column counts a message as a byte: it reads as million messages per second, and half a million
/// divided by the time is exact.
/// </summary>
public class MatchingBenchmarks
{
    private const int Messages = 500_000;
    private const long PeriodNs = 10_000_000;
    private Feed three = new(1);
    private Feed two = new(1);

    [GlobalSetup]
    public void Setup()
    {
        three = Feed.Of([10 * PeriodNs, PeriodNs * 10 / 3, PeriodNs]);
        two = Feed.Of([PeriodNs, PeriodNs]);
        PayloadBytes.Set(typeof(MatchingBenchmarks), Messages);
    }

    [Benchmark]
    public long ApproximateTimeThree() => Run(three, new ApproximateTimeMatcher(3, Counter()));

    [Benchmark]
    public long ApproximateTimeTwo() => Run(two, new ApproximateTimeMatcher(2, Counter()));

    [Benchmark]
    public long ExactTimeTwo() => Run(two, new ExactTimeMatcher(2, Counter()));

    [Benchmark]
    public long EpsilonThree() => Run(three, new ApproximateEpsilonTimeMatcher(3, Counter(), PeriodNs));

    [Benchmark]
    public long PythonApproximateTwo() => Run(two, new PythonApproximateMatcher(2, Counter(), PeriodNs, queueSize: 10));

    [Benchmark]
    public long OptimalThree() => Run(three, new OptimalMatcher(3, Counter(), new OptimalOptions { ToleranceNs = 20_000_000 }));

    [Benchmark]
    public long OptimalTwoBand() => Run(two, new OptimalMatcher(2, Counter(), new OptimalOptions { ToleranceNs = 4_000_000 }));

    // Wider than the period: no gap ever ends a stretch, everything goes through the sweep.
    [Benchmark]
    public long OptimalTwoSweep() => Run(two, new OptimalMatcher(2, Counter(), new OptimalOptions { ToleranceNs = 12_000_000 }));

    [Benchmark]
    public long OptimalThreeWide() => Run(three, new OptimalMatcher(3, Counter(), new OptimalOptions { ToleranceNs = 100_000_000, MaxStates = 1000 }));

    [Benchmark]
    public long Watermark()
    {
        var sink = Counter();
        var buffer = new WatermarkBuffer<long>(3, sink, new WatermarkOptions { LatenessNs = 500_000_000 });
        for (int i = 0; i < Messages; i++)
        {
            // Messages change places, by up to fifteen: some 100 ms.
            int at = i ^ ((i >> 4) & 15);
            buffer.Add(three.Channel[at], three.StampNs[at], at, at, 100);
        }

        buffer.Complete();
        return sink.Decisions;
    }

    private static CountingSink Counter() => new();

    private static long Run(Feed feed, SetMatcher matcher)
    {
        for (int i = 0; i < Messages; i++) matcher.Add(feed.Channel[i], feed.StampNs[i], feed.StampNs[i], i);
        matcher.Complete();
        return matcher.Channels;
    }

    private sealed class Feed(int count)
    {
        public int[] Channel { get; } = new int[count];

        public long[] StampNs { get; } = new long[count];

        public static Feed Of(long[] periodsNs)
        {
            var random = new Random(1);
            var feed = new Feed(Messages);
            long[] ticks = new long[periodsNs.Length];
            long[] next = [.. periodsNs];
            for (int i = 0; i < Messages;)
            {
                int c = Array.IndexOf(next, next.Min());
                bool isMissing = random.Next(8) == 0;
                if (!isMissing) (feed.Channel[i], feed.StampNs[i++]) = (c, next[c]);
                ticks[c]++;
                next[c] = Math.Max(next[c], (ticks[c] + 1) * periodsNs[c] + random.NextInt64(periodsNs[c] / 5));
            }

            return feed;
        }
    }

    private sealed class CountingSink : IMatchSink, IWatermarkSink<long>
    {
        public long Decisions { get; private set; }

        public void Matched(ReadOnlySpan<long> messages) => Decisions += messages.Length;

        public void Dropped(int channel, long message, DropReason reason) => Decisions++;

        public void Released(int channel, long stampNs, long sequence, long item) => Decisions++;

        public void Late(int channel, long stampNs, long sequence, long item, long latenessNs, LateReason reason) => Decisions++;

        public void SegmentStarted()
        {
        }
    }
}
