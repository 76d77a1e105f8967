using Mesh.Synchronise.Matching;

namespace Mesh.Synchronise.Tests.Matching;

/// <summary>What optimal matching does when time, states or memory are short: always whole sets, and a gap that is proven.</summary>
public sealed class OptimalMatcherLimitTests
{
    private static readonly Int128 CountFirst = Int128.One << 80;

    [Fact]
    public void Cut_and_forced_solutions_stay_within_the_proven_gap()
    {
        int cut = 0, worse = 0;
        for (int seed = 0; seed < 600; seed++)
        {
            var (stamps, tolerance, reward) = OptimalMatcherTests.Small(seed, most: 8, range: 40);
            var scenario = OptimalMatcherTests.OfStamps(stamps);
            var (sink, matcher) = OptimalMatcherTests.Run(scenario, new OptimalOptions
            {
                ToleranceNs = tolerance, RewardNs = reward, BoundGap = true, MaxStates = 1 + seed % 3, HorizonNs = seed % 5 * 3,
            });
            var best = Exhaustive.Best(stamps, tolerance, reward ?? CountFirst);
            best.ShouldBeLessThanOrEqualTo(matcher.Objective, $"seed {seed}");
            matcher.LowerBound!.Value.ShouldBeLessThanOrEqualTo(best, $"seed {seed}");
            if (matcher.IsProvenOptimal) matcher.Objective.ShouldBe(best, $"seed {seed}");
            sink.Sets.ShouldAllBe(set => Scenario.Spread(stamps, set.Messages) <= tolerance);
            ConservationTests.CheckConserved(scenario, sink);
            if (matcher.CutStates > 0) cut++;
            if (matcher.Objective > best) worse++;
        }

        cut.ShouldBeGreaterThan(50);
        worse.ShouldBeGreaterThan(10, "otherwise the limits did nothing");
    }

    [Fact]
    public void The_bound_of_two_channels_is_their_optimum()
    {
        for (int seed = 0; seed < 400; seed++)
        {
            var (stamps, tolerance, reward) = OptimalMatcherTests.Small(seed, most: 9, channels: 2);
            var (_, matcher) = OptimalMatcherTests.Run(OptimalMatcherTests.OfStamps(stamps),
                new OptimalOptions { ToleranceNs = tolerance, RewardNs = reward, BoundGap = true, HorizonNs = 0, MaxStates = 1 });
            if (matcher.ForcedChoices + matcher.CutStates == 0) continue;
            matcher.LowerBound.ShouldBe(Exhaustive.Best(stamps, tolerance, reward ?? CountFirst), $"seed {seed}");
        }
    }

    [Fact]
    public void Without_limits_reached_the_horizon_changes_nothing()
    {
        int early = 0;
        for (int seed = 0; seed < 60; seed++)
        {
            var scenario = Scenario.Random(seed, 2 + seed % 4, 400).Sorted();
            var (whole, offline) = OptimalMatcherTests.Run(scenario, new OptimalOptions { ToleranceNs = 45, HorizonNs = long.MaxValue });
            var (sink, matcher) = OptimalMatcherTests.Run(scenario, new OptimalOptions { ToleranceNs = 45, HorizonNs = 5000 });
            offline.IsProvenOptimal.ShouldBeTrue();
            if (!matcher.IsProvenOptimal) continue;
            sink.Sets.Select(set => string.Join(' ', set.Messages)).ShouldBe(whole.Sets.Select(set => string.Join(' ', set.Messages)));
            early += sink.Sets.Count(set => set.Position < scenario.Count);
        }

        early.ShouldBeGreaterThan(5000, "sets leave while messages still come");
    }

    [Fact]
    public void Decisions_are_not_later_than_the_horizon_allows()
    {
        // Two channels that never agree within half a period, so that hardly anything is proven.
        var scenario = OptimalMatcherTests.OfStamps([[.. Enumerable.Range(0, 4000).Select(i => i * 100L)], [.. Enumerable.Range(0, 4000).Select(i => i * 100L + 50)]]);
        long[][] stamps = scenario.Stamps();
        var (sink, matcher) = OptimalMatcherTests.Run(scenario, new OptimalOptions { ToleranceNs = 250, RewardNs = 400, HorizonNs = 2000 });
        matcher.Sets.ShouldBeGreaterThan(3990);
        foreach (var set in sink.Sets.Where(set => set.Position < scenario.Count))
        {
            // The horizon, the tolerance that partners may need, and as many messages as lie between two looks.
            (scenario.StampNs[set.Position] - set.Messages.Select((message, c) => stamps[c][message]).Max()).ShouldBeLessThanOrEqualTo(2000 + 250 + 3200);
        }
    }

    [Fact]
    public void Memory_stays_bounded_however_wide_the_tolerance()
    {
        const long Limit = 1 << 18;
        var sink = new RecordingSink();
        var matcher = new OptimalMatcher(3, sink, new OptimalOptions { ToleranceNs = 1L << 50, HorizonNs = long.MaxValue, MaxStates = 50, MaxMemoryBytes = Limit });
        var random = new Random(1);
        long worst = 0;
        for (int i = 0; i < 60_000; i++)
        {
            matcher.Add(random.Next(3), i * 1000L, 0, i);
            worst = Math.Max(worst, matcher.HeldBytes);
        }

        matcher.Complete();
        worst.ShouldBeLessThanOrEqualTo(Limit);
        matcher.HeldBytes.ShouldBe(0);
        matcher.IsProvenOptimal.ShouldBeFalse();
        matcher.LowerBound.ShouldBeNull();
        (sink.Sets.Count * 3 + sink.Drops.Count).ShouldBe(60_000);
        sink.Sets.Count.ShouldBeGreaterThan(14_500);
    }

    [Fact]
    public void A_flood_of_one_stamp_is_matched_within_the_memory_limit()
    {
        const long Limit = 1 << 16;
        var sink = new RecordingSink();
        var matcher = new OptimalMatcher(2, sink, new OptimalOptions { MaxStates = 10, MaxMemoryBytes = Limit });
        for (int i = 0; i < 20_000; i++)
        {
            matcher.Add(i % 2, 5, 0, i);
            matcher.HeldBytes.ShouldBeLessThanOrEqualTo(Limit);
        }

        matcher.Complete();
        (sink.Sets.Count * 2 + sink.Drops.Count).ShouldBe(20_000);
        sink.Sets.Count.ShouldBeGreaterThan(5_000);
    }

    [Fact]
    public void A_message_before_a_later_stamp_is_late_and_disturbs_nothing()
    {
        var sink = new RecordingSink();
        var matcher = new OptimalMatcher(2, sink, new OptimalOptions { ToleranceNs = 10 });
        foreach (var (channel, stamp, message) in ((int, long, long)[])[(0, 100, 0), (1, 104, 0), (0, 99, 1), (1, 104, 1)]) matcher.Add(channel, stamp, 0, message);
        matcher.Complete();
        sink.Drops.Select(drop => (drop.Channel, drop.Message, drop.Reason)).ShouldBe([(0, 1L, DropReason.LateArrival), (1, 1L, DropReason.Superseded)]);
        sink.Sets.Single().Messages.ShouldBe([0, 0]);
        matcher.LateMessages.ShouldBe(1);
    }

    [Fact]
    public void Reasons_tell_a_message_without_partners_from_one_that_lost_its_place()
    {
        var scenario = OptimalMatcherTests.OfStamps([[0, 100, 1000], [3, 101, 104], [5, 102]]);
        var (sink, _) = OptimalMatcherTests.Run(scenario, new OptimalOptions { ToleranceNs = 10 });
        sink.Sets.Select(set => string.Join(' ', set.Messages)).ShouldBe(["0 0 0", "1 1 1"]);
        sink.Drops.Select(drop => (drop.Channel, drop.Message, drop.Reason)).Order().ShouldBe([(0, 2L, DropReason.NoPartner), (1, 2L, DropReason.Superseded)]);
    }
}
