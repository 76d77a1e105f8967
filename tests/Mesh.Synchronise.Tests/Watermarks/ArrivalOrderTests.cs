using Mesh.Synchronise.Matching;
using Mesh.Synchronise.Tests.Matching;
using Mesh.Synchronise.Watermarks;

namespace Mesh.Synchronise.Tests.Watermarks;

/// <summary>Behind a watermark the sets are a function of the messages; without it they are not.</summary>
public sealed class ArrivalOrderTests
{
    private const int Lateness = 150;
    private const int Orders = 20;

    [Fact]
    public void Any_order_of_arrival_within_the_lateness_gives_the_same_sequence_and_the_same_sets()
    {
        int naiveDiffers = 0, sets = 0;
        for (int seed = 0; seed < 60; seed++)
        {
            int channels = 2 + seed % 4;
            var messages = Scenario.Random(seed, channels, 40).Sorted();
            Func<IMatchSink, SetMatcher> approximate = sink => new ApproximateTimeMatcher(channels, sink, new ApproximateTimeOptions { QueueSize = 5 });
            Func<IMatchSink, SetMatcher> optimal = sink => new OptimalMatcher(channels, sink, new OptimalOptions { ToleranceNs = 40, HorizonNs = 400 });
            List<string>? expected = null, expectedSets = null, expectedBest = null, naive = null;
            for (int order = 0; order < Orders; order++)
            {
                int[] arrival = Arrival(messages, new Random(seed * 1000 + order));
                var released = Through(messages, arrival, null);
                var approximateSets = Through(messages, arrival, approximate);
                var optimalSets = Through(messages, arrival, optimal);
                var naiveSets = Feed(messages, arrival, approximate);
                if (order == 0)
                {
                    (expected, expectedSets, expectedBest, naive) = (released, approximateSets, optimalSets, naiveSets);
                    sets += expectedSets.Count + expectedBest.Count;
                }

                released.ShouldBe(expected, $"seed {seed}, order {order}");
                approximateSets.ShouldBe(expectedSets, $"seed {seed}, order {order}");
                optimalSets.ShouldBe(expectedBest, $"seed {seed}, order {order}");
                if (!naiveSets.SequenceEqual(naive!)) naiveDiffers++;
            }

            expected.ShouldBe(Enumerable.Range(0, messages.Count).Select(i => $"{messages.Channel[i]}#{messages.Handles[i]}"), "all messages, in order of their keys");
        }

        sets.ShouldBeGreaterThan(1000);
        naiveDiffers.ShouldBeGreaterThan(60 * Orders / 3, "without the watermark the sets depend on the order, or this test would show nothing");
    }

    [Fact]
    public void Beyond_the_lateness_messages_are_counted_and_the_rest_stays_in_order()
    {
        int late = 0;
        for (int seed = 0; seed < 50; seed++)
        {
            var messages = Scenario.Random(seed, 3, 60).Sorted();
            int[] arrival = Arrival(messages, new Random(seed));
            var sink = new MatchingSink(null);
            var buffer = new WatermarkBuffer<long>(3, sink, new WatermarkOptions { LatenessNs = Lateness / 3 });
            foreach (int i in arrival) buffer.Add(messages.Channel[i], messages.StampNs[i], messages.Handles[i], messages.Handles[i], 8);
            buffer.Complete();
            sink.Stamps.ShouldBeInOrder(SortDirection.Ascending, $"seed {seed}");
            (buffer.ReleasedMessages + buffer.LateMessages).ShouldBe(messages.Count);
            buffer.LateMessages.ShouldBe(sink.Late);
            late += sink.Late;
        }

        late.ShouldBeGreaterThan(100);
    }

    /// <summary>Each message delayed by less than the lateness: when it comes, no stamp further ahead than that has come.</summary>
    private static int[] Arrival(Scenario messages, Random random)
    {
        long[] times = [.. messages.StampNs.Select(stamp => stamp + random.Next(Lateness + 1))];
        int[] order = [.. Enumerable.Range(0, messages.Count)];
        random.Shuffle(order);
        return [.. order.OrderBy(i => times[i])];
    }

    private static List<string> Through(Scenario messages, int[] arrival, Func<IMatchSink, SetMatcher>? create)
    {
        var sets = new RecordingSink();
        var matcher = create?.Invoke(sets);
        var sink = new MatchingSink(matcher);
        var buffer = new WatermarkBuffer<long>(messages.Channels, sink, new WatermarkOptions { LatenessNs = Lateness });
        foreach (int i in arrival) buffer.Add(messages.Channel[i], messages.StampNs[i], messages.Handles[i], messages.Handles[i], 8);
        buffer.Complete();
        matcher?.Complete();
        buffer.LateMessages.ShouldBe(0);
        return matcher is null ? sink.Released : [.. sets.Sets.Select(set => string.Join(' ', set.Messages))];
    }

    private static List<string> Feed(Scenario messages, int[] arrival, Func<IMatchSink, SetMatcher> create)
    {
        var sets = new RecordingSink();
        var matcher = create(sets);
        foreach (int i in arrival) matcher.Add(messages.Channel[i], messages.StampNs[i], 0, messages.Handles[i]);
        matcher.Complete();
        return [.. sets.Sets.Select(set => string.Join(' ', set.Messages))];
    }

    private sealed class MatchingSink(SetMatcher? matcher) : IWatermarkSink<long>
    {
        public List<string> Released { get; } = [];

        public List<long> Stamps { get; } = [];

        public int Late { get; private set; }

        void IWatermarkSink<long>.Released(int channel, long stampNs, long sequence, long item)
        {
            Released.Add($"{channel}#{sequence}");
            Stamps.Add(stampNs);
            matcher?.Add(channel, stampNs, 0, item);
        }

        void IWatermarkSink<long>.Late(int channel, long stampNs, long sequence, long item, long latenessNs, LateReason reason) => Late++;

        public void SegmentStarted() => throw new InvalidOperationException("nothing jumped");
    }
}
