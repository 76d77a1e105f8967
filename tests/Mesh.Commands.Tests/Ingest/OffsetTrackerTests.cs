using Mesh.Commands.Ingest;

namespace Mesh.Commands.Tests.Ingest;

public class OffsetTrackerTests
{
    [Fact]
    public void The_offset_moves_only_when_everything_below_it_is_finished()
    {
        var tracker = new OffsetTracker();
        for (int i = 0; i < 3; i++) tracker.TryBegin(IngestBench.At(i)).ShouldBeTrue();

        tracker.Finish(IngestBench.At(1)).ShouldBeNull();
        tracker.Finish(IngestBench.At(0)).ShouldBe(2);
        tracker.Finish(IngestBench.At(2)).ShouldBe(3);
    }

    [Fact]
    public void An_event_delivered_again_neither_starts_twice_nor_moves_the_offset_back()
    {
        var tracker = new OffsetTracker();
        tracker.TryBegin(IngestBench.At(5)).ShouldBeTrue();
        tracker.TryBegin(IngestBench.At(5)).ShouldBeFalse();
        tracker.Finish(IngestBench.At(5)).ShouldBe(6);

        tracker.TryBegin(IngestBench.At(4)).ShouldBeTrue();
        tracker.Finish(IngestBench.At(4)).ShouldBeNull();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void In_any_order_of_finishing_no_committed_offset_lies_above_something_unfinished(int seed)
    {
        var tracker = new OffsetTracker();
        var random = new Random(seed);
        var underWay = new List<long>();
        long next = 0, committed = 0;
        while (next < 1000 || underWay.Count > 0)
        {
            if (next < 1000 && underWay.Count < 64 && random.Next(2) == 0)
            {
                tracker.TryBegin(IngestBench.At(next)).ShouldBeTrue();
                underWay.Add(next++);
            }
            else if (underWay.Count > 0)
            {
                int index = random.Next(underWay.Count);
                long finished = underWay[index];
                underWay.RemoveAt(index);
                if (tracker.Finish(IngestBench.At(finished)) is not { } offset) continue;
                offset.ShouldBeGreaterThan(committed);
                offset.ShouldBeLessThanOrEqualTo(underWay.Count > 0 ? underWay.Min() : next);
                committed = offset;
            }
        }

        committed.ShouldBe(1000);
    }
}
