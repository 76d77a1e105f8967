using Mesh.Synchronise.Matching;
using Mesh.Synchronise.Watermarks;

namespace Mesh.Synchronise.Tests.Matching;

/// <summary>Once warm, a message costs no allocation.</summary>
public sealed class AllocationTests
{
    private const int Messages = 30_000;

    public static TheoryData<string> Policies => [.. MatcherKinds.All.Keys];

    [Theory]
    [MemberData(nameof(Policies))]
    public void A_matcher_allocates_nothing_per_message(string policy)
    {
        foreach (int channels in (int[])[2, 4])
        {
            var sink = new CountingSink();
            var matcher = MatcherKinds.All[policy](channels, sink, 8);
            Action<int, long, long, long> add = matcher.Add;
            Feed(add, channels, 0);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Feed(add, channels, Messages);
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
            sink.Decisions.ShouldBeGreaterThan(Messages);
        }
    }

    [Fact]
    public void A_watermark_buffer_allocates_nothing_per_message()
    {
        var sink = new CountingSink();
        var buffer = new WatermarkBuffer<long>(4, sink, new WatermarkOptions { LatenessNs = 2000 });
        Action<int, long, long, long> add = (channel, stamp, _, message) => buffer.Add(channel, stamp - message % 7 * 100, message, message, 16);
        Feed(add, 4, 0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Feed(add, 4, Messages);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        (buffer.ReleasedMessages, buffer.LateMessages).ShouldBe((sink.Decisions, 0L));
        sink.Decisions.ShouldBeGreaterThan(Messages);
    }

    // Equal rates with jitter and drop-outs; some stamps equal, so that the exact policies find sets.
    private static void Feed(Action<int, long, long, long> add, int channels, int from)
    {
        for (int i = from; i < from + Messages; i++)
        {
            uint noise = (uint)i * 2654435761;
            int channel = i % channels;
            if (noise >> 28 == 0) continue;
            long stamp = i / channels * 60L + (noise >> 20) % 3 * 5;
            add(channel, stamp, i * 7L, i);
        }
    }

    private sealed class CountingSink : IMatchSink, IWatermarkSink<long>
    {
        public long Decisions { get; private set; }

        public void Matched(ReadOnlySpan<long> messages) => Decisions += messages.Length;

        public void Dropped(int channel, long message, DropReason reason) => Decisions++;

        public void Released(int channel, long stampNs, long sequence, long item) => Decisions++;

        public void Late(int channel, long stampNs, long sequence, long item, long latenessNs, LateReason reason)
        {
        }

        public void SegmentStarted()
        {
        }
    }
}
