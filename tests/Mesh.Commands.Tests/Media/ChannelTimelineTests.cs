using Mesh.Commands.Media.Timeline;
using Mesh.Model;

namespace Mesh.Commands.Tests.Media;

public sealed class ChannelTimelineTests
{
    private const long Millisecond = 1_000_000;
    private const long Second = 1_000 * Millisecond;

    [Fact]
    public void Every_message_is_counted_in_the_column_it_is_in()
    {
        var timeline = new ChannelTimeline(100, 199, 10);
        for (long time = 100; time < 200; time++) timeline.Add(time);

        timeline.Counts.ShouldAllBe(count => count == 10);
        timeline.Messages.ShouldBe(100);
    }

    [Fact]
    public void Counts_equal_a_count_by_hand_for_any_width()
    {
        var random = new Random(3);
        long start = 1_700_000_000_000_000_000, end = start + 3_600 * Second;
        long[] times = [start, .. Enumerable.Range(0, 20_000).Select(_ => start + random.NextInt64(3_600 * Second)), end];
        foreach (int columns in new[] { 1, 7, 240, 4_000 })
        {
            var timeline = new ChannelTimeline(start, end, columns);
            foreach (long time in times) timeline.Add(time);

            timeline.Counts.ShouldBe([.. times.GroupBy(time => (int)((Int128)(time - start) * columns / (end - start + 1))).Aggregate(new int[columns], (counts, group) =>
            {
                counts[group.Key] = group.Count();
                return counts;
            })]);
        }
    }

    [Fact]
    public void A_silence_of_many_periods_is_a_gap_with_its_exact_ends_and_jitter_is_none()
    {
        var random = new Random(1);
        var timeline = new ChannelTimeline(0, 60 * Second, 60);
        long[] times = [.. Enumerable.Range(0, 6_000).Select(i => i * 10 * Millisecond + random.NextInt64(3 * Millisecond))];
        foreach (long time in times)
        {
            if (time is < 20 * Second or > 23 * Second) timeline.Add(time);
        }

        timeline.FindGaps(100).ShouldBe([(times.Last(time => time < 20 * Second), times.First(time => time > 23 * Second))]);
    }

    [Fact]
    public void A_channel_that_begins_late_or_ends_early_is_silent_there()
    {
        var timeline = new ChannelTimeline(0, 60 * Second, 60);
        for (long time = 10 * Second; time <= 50 * Second; time += 100 * Millisecond) timeline.Add(time);

        timeline.FindGaps(100).ShouldBe([(0, 10 * Second), (50 * Second, 60 * Second)]);
    }

    [Fact]
    public void A_fast_channel_whose_last_message_is_a_moment_before_the_end_is_not_silent()
    {
        var timeline = new ChannelTimeline(0, 60 * Second, 60);
        for (long time = 500 * Millisecond; time <= 60 * Second - 500 * Millisecond; time += 10 * Millisecond) timeline.Add(time);

        timeline.FindGaps(100).ShouldBeEmpty();
    }

    [Fact]
    public void Files_in_any_order_and_files_that_overlap_have_only_the_gaps_that_all_have()
    {
        var timeline = new ChannelTimeline(0, 30 * Second, 30);
        // The second half first; then the first half twice, interleaved, with a silence in one of them that the other fills.
        for (long time = 20 * Second; time <= 30 * Second; time += 20 * Millisecond) timeline.Add(time);
        for (long time = 0; time <= 15 * Second; time += 20 * Millisecond)
        {
            if (time is < 5 * Second or > 8 * Second) timeline.Add(time);
        }

        for (long time = 10 * Millisecond; time <= 15 * Second; time += 20 * Millisecond) timeline.Add(time);

        var gap = timeline.FindGaps(100).ShouldHaveSingleItem();
        gap.FromNs.ShouldBe(15 * Second);
        gap.ToNs.ShouldBe(20 * Second);
    }

    [Fact]
    public void Of_too_many_gaps_the_longest_are_named()
    {
        var timeline = new ChannelTimeline(0, 100_000 * Second, 1);
        long time = 0;
        for (int i = 0; i < 20_000; i++) timeline.Add(time += i % 50 == 0 ? (2 + i / 50) * Second : 10 * Millisecond);

        var gaps = timeline.FindGaps(5);

        gaps.Count.ShouldBe(5);
        gaps.ShouldContain(gap => gap.ToNs - gap.FromNs == 401 * Second);
    }

    [Fact]
    public void A_few_messages_have_no_rule() => new ChannelTimeline(0, Second, 1).FindGaps(10).ShouldBeEmpty();

    [Fact]
    public void The_median_is_within_its_class()
    {
        var histogram = new IntervalHistogram();
        var random = new Random(5);
        long[] values = [.. Enumerable.Range(0, 10_001).Select(_ => (long)Math.Pow(10, 12 * random.NextDouble()))];
        foreach (long value in values) histogram.Add(value);
        Array.Sort(values);

        histogram.Quantile(0.5).ShouldBe(values[5_000], values[5_000] * 0.025);
        histogram.Quantile(0.95).ShouldBe(values[9_500], values[9_500] * 0.025);
    }

    [Fact]
    public void A_loss_is_placed_at_the_common_silence_near_its_share_of_the_bytes()
    {
        DataLoss[] losses = [new("MESH10101", 520, 100, "a chunk", "zeros"), new("MESH10102", 100, 4, "a checksum", "another")];
        TimelineGap[] gaps = [new("/imu", 50, 56), new("/gnss", 50.1, 55), new("/gnss", 10, 12), new("/lidar", 90, 91)];

        var placed = LossPlacing.Place(losses, 1_000, 100, channels: 3, gaps);

        placed[0].ShouldBe(new TimelineLoss(50.1, 55 - 50.1, "silence", "MESH10101", losses[0].ToString()));
        placed[1].ShouldBe(new TimelineLoss(10, 0, "position", "MESH10102", losses[1].ToString()));
    }
}
