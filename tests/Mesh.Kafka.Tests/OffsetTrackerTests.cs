namespace Mesh.Kafka.Tests;

public class OffsetTrackerTests
{
    [Fact]
    public void The_offset_moves_only_when_everything_below_it_is_finished()
    {
        var tracker = new OffsetTracker();
        for (int i = 0; i < 3; i++) tracker.TryBegin(At(i)).ShouldBeTrue();

        tracker.Finish(At(1)).ShouldBeNull();
        tracker.Finish(At(0)).ShouldBe(2);
        tracker.Finish(At(2)).ShouldBe(3);
    }

    [Fact]
    public void An_event_delivered_again_while_it_is_under_way_does_not_start_twice()
    {
        var tracker = new OffsetTracker();
        tracker.TryBegin(At(5)).ShouldBeTrue();
        tracker.TryBegin(At(5)).ShouldBeFalse();
        tracker.Finish(At(5)).ShouldBe(6);
    }

    [Fact]
    public void What_was_finished_while_the_partition_was_nobodys_is_delivered_again_and_its_offset_yielded_again()
    {
        var tracker = new OffsetTracker();
        for (int i = 3; i < 6; i++) tracker.TryBegin(At(i)).ShouldBeTrue();
        tracker.Finish(At(3)).ShouldBe(4);
        tracker.Finish(At(4)).ShouldBe(5);

        // The group never heard of them, and 5 is still under way.
        tracker.TryBegin(At(3)).ShouldBeTrue();
        tracker.Finish(At(3)).ShouldBe(5);
        tracker.TryBegin(At(4)).ShouldBeTrue();
        tracker.TryBegin(At(5)).ShouldBeFalse();
        tracker.Finish(At(5)).ShouldBeNull();
        tracker.Finish(At(4)).ShouldBe(6);
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
                tracker.TryBegin(At(next)).ShouldBeTrue();
                underWay.Add(next++);
            }
            else if (underWay.Count > 0)
            {
                int index = random.Next(underWay.Count);
                long finished = underWay[index];
                underWay.RemoveAt(index);
                if (tracker.Finish(At(finished)) is not { } offset) continue;
                offset.ShouldBeGreaterThan(committed);
                offset.ShouldBeLessThanOrEqualTo(underWay.Count > 0 ? underWay.Min() : next);
                committed = offset;
            }
        }

        committed.ShouldBe(1000);
    }

    private static EventPosition At(long offset) => new("topic", 0, offset);
}
