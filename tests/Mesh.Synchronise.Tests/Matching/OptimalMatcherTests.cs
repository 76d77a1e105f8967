using System.Text.Json;
using Mesh.Synchronise.Matching;

namespace Mesh.Synchronise.Tests.Matching;

/// <summary>Optimal matching against exhaustive search, against shared vectors and against ApproximateTime.</summary>
public sealed class OptimalMatcherTests
{
    private static readonly Int128 CountFirst = Int128.One << 80;

    [Fact]
    public void The_shared_small_instances_have_the_total_of_brute_force()
    {
        string[] lines = GoldenFile.Lines("golden_opt", "small_bruteforce.jsonl");
        lines.Length.ShouldBeGreaterThanOrEqualTo(400);
        foreach (string line in lines)
        {
            var instance = JsonElement.Parse(line);
            var scenario = OfStamps([.. instance.GetProperty("stamp_ns").EnumerateArray().Select(channel => channel.EnumerateArray().Select(stamp => stamp.GetInt64()).ToArray())]);
            var (sink, matcher) = Run(scenario, new OptimalOptions { ToleranceNs = instance.GetProperty("tolerance_ns").GetInt64(), RewardNs = instance.GetProperty("reward_ns").GetInt64() });
            matcher.Objective.ShouldBe((Int128)instance.GetProperty("best_J").GetInt64(), line);
            matcher.IsProvenOptimal.ShouldBeTrue();
            ConservationTests.CheckConserved(scenario, sink);
        }
    }

    [Fact]
    public void The_shared_large_scenarios_have_the_total_and_the_count_of_the_prototype()
    {
        string[] lines = GoldenFile.Lines("golden_opt", "large_sweep.jsonl");
        lines.Length.ShouldBeGreaterThanOrEqualTo(31);
        foreach (string line in lines)
        {
            var expected = JsonElement.Parse(line);
            string name = expected.GetProperty("scenario").GetString()!;
            var scenario = GoldenFile.Read("golden", name).Scenario.Sorted();
            long tolerance = expected.GetProperty("tolerance_ns").GetInt64();

            var (sink, matcher) = Run(scenario, new OptimalOptions { ToleranceNs = tolerance, RewardNs = tolerance + 1 });
            matcher.Objective.ShouldBe((Int128)expected.GetProperty("reward_tau_plus_1").GetProperty("best_J").GetInt64(), name);
            matcher.IsProvenOptimal.ShouldBeTrue(name);
            CheckSets(scenario, sink, matcher, tolerance);

            (sink, matcher) = Run(scenario, new OptimalOptions { ToleranceNs = tolerance });
            matcher.Sets.ShouldBe(expected.GetProperty("count_first").GetProperty("sets").GetInt64(), name);
            matcher.TotalSpreadNs.ShouldBe((Int128)expected.GetProperty("count_first").GetProperty("total_spread_ns").GetInt64(), name);
            matcher.IsProvenOptimal.ShouldBeTrue(name);
            CheckSets(scenario, sink, matcher, tolerance);
        }
    }

    [Fact]
    public void Small_random_instances_cost_what_exhaustive_search_finds()
    {
        int withSets = 0;
        for (int seed = 0; seed < 1500; seed++)
        {
            var (stamps, tolerance, reward) = Small(seed, most: 7);
            var (sink, matcher) = Run(OfStamps(stamps), new OptimalOptions { ToleranceNs = tolerance, RewardNs = reward, BoundGap = true });
            matcher.Objective.ShouldBe(Exhaustive.Best(stamps, tolerance, reward ?? CountFirst), $"seed {seed}");
            matcher.LowerBound.ShouldBe(matcher.Objective);
            CheckSets(OfStamps(stamps), sink, matcher, tolerance);
            if (matcher.Sets > 0) withSets++;
        }

        withSets.ShouldBeGreaterThan(700);
    }

    [Fact]
    public void Sets_that_cross_gain_nothing()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var (stamps, tolerance, reward) = Small(seed, most: 4, channels: 2 + seed % 2);
            var (_, matcher) = Run(OfStamps(stamps), new OptimalOptions { ToleranceNs = tolerance, RewardNs = reward });
            matcher.Objective.ShouldBe(Exhaustive.BestUnordered(stamps, tolerance, reward ?? CountFirst), $"seed {seed}");
        }
    }

    [Fact]
    public void Among_equal_solutions_the_one_without_the_latest_message_is_taken()
    {
        for (int seed = 0; seed < 600; seed++)
        {
            var (stamps, tolerance, reward) = Small(seed, most: 4, channels: 2 + seed % 2, range: 12);
            var scenario = OfStamps(stamps);
            var (sink, _) = Run(scenario, new OptimalOptions { ToleranceNs = tolerance, RewardNs = reward });
            sink.Sets.Select(set => string.Join(' ', set.Messages)).ShouldBe(Exhaustive.PreferredSets(stamps, tolerance, reward ?? CountFirst), $"seed {seed}");
        }
    }

    [Fact]
    public void Channels_with_equal_stamps_may_come_in_any_order()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var (stamps, tolerance, reward) = Small(seed, most: 8, range: 15);
            var sorted = OfStamps(stamps);
            var random = new Random(seed);
            int[] keys = [.. Enumerable.Range(0, sorted.Channels).Select(_ => random.Next())];
            int[] order = [.. Enumerable.Range(0, sorted.Count).OrderBy(i => sorted.StampNs[i]).ThenBy(i => keys[sorted.Channel[i]]).ThenBy(i => sorted.Handles[i])];
            var shuffled = new Scenario(sorted.Channels, [.. order.Select(i => sorted.Channel[i])], [.. order.Select(i => sorted.StampNs[i])]);
            var options = new OptimalOptions { ToleranceNs = tolerance, RewardNs = reward };
            Run(shuffled, options).Sink.Sets.Select(set => string.Join(' ', set.Messages)).ShouldBe(Run(sorted, options).Sink.Sets.Select(set => string.Join(' ', set.Messages)));
        }
    }

    [Fact]
    public void Optimal_is_never_worse_than_ApproximateTime_by_either_objective()
    {
        int better = 0;
        for (int seed = 0; seed < 300; seed++)
        {
            var scenario = Scenario.Random(seed, 2 + seed % 4, 60);
            var reference = scenario.Run(sink => MatcherKinds.All["ApproximateTime"](scenario.Channels, sink, seed));
            if (reference.Sets.Count == 0) continue;
            better += CheckNeverWorse(scenario, reference, $"seed {seed}", out _) ? 1 : 0;
        }

        better.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void Optimal_is_never_worse_than_the_reference_on_the_shared_scenarios()
    {
        int compared = 0;
        foreach (string name in GoldenFile.Names("golden"))
        {
            var golden = GoldenFile.Read("golden", name);
            if (golden.Policy is not ("ApproximateTime" or "PyApproximateTimeSynchronizer")) continue;
            var reference = golden.Scenario.Run(golden.Create);
            if (reference.Sets.Count == 0) continue;
            CheckNeverWorse(golden.Scenario, reference, name, out string row);
            TestContext.Current.SendDiagnosticMessage(row);
            compared++;
        }

        compared.ShouldBeGreaterThan(20);
    }

    /// <summary>With the tolerance that the reference's widest set needs, or half the median period of the slowest channel if that is less.</summary>
    private static bool CheckNeverWorse(Scenario scenario, RecordingSink reference, string name, out string row)
    {
        long[][] stamps = scenario.Stamps();
        long[] spreads = [.. reference.Sets.Select(set => Scenario.Spread(stamps, set.Messages))];
        long slowest = stamps.Max(channel => MedianPeriod(channel));
        long tolerance = Math.Min(spreads.Max(), slowest / 2);
        long[] allowed = [.. spreads.Where(spread => spread <= tolerance)];
        var sorted = scenario.Sorted();

        var byReward = Run(sorted, new OptimalOptions { ToleranceNs = tolerance, RewardNs = tolerance + 1, HorizonNs = long.MaxValue }).Matcher;
        byReward.Objective.ShouldBeLessThanOrEqualTo(allowed.Sum() - (Int128)(tolerance + 1) * allowed.Length, name);

        var byCount = Run(sorted, new OptimalOptions { ToleranceNs = tolerance, HorizonNs = long.MaxValue }).Matcher;
        byCount.Sets.ShouldBeGreaterThanOrEqualTo(allowed.Length, name);
        if (byCount.Sets == allowed.Length) byCount.TotalSpreadNs.ShouldBeLessThanOrEqualTo(allowed.Sum(), name);
        row = FormattableString.Invariant(
            $"{name}: reference {allowed.Length} sets, mean spread {(allowed.Length == 0 ? 0 : allowed.Average() / 1e6):f4} ms; optimal {byCount.Sets}, {(double)byCount.TotalSpreadNs / Math.Max(1, byCount.Sets) / 1e6:f4} ms; peak {byCount.PeakStates} states");
        return byCount.Sets > allowed.Length || byCount.TotalSpreadNs < allowed.Sum();
    }

    internal static long MedianPeriod(long[] stamps)
    {
        long[] periods = [.. stamps.Zip(stamps.Skip(1), (a, b) => b - a).Order()];
        return periods.Length == 0 ? 0 : periods[periods.Length / 2];
    }

    internal static Scenario OfStamps(long[][] stamps)
    {
        var all = stamps.SelectMany((channel, c) => channel.Select((stamp, number) => (stamp, c, number))).Order().ToList();
        return new Scenario(stamps.Length, [.. all.Select(m => m.c)], [.. all.Select(m => m.stamp)]);
    }

    internal static (RecordingSink Sink, OptimalMatcher Matcher) Run(Scenario scenario, OptimalOptions options)
    {
        OptimalMatcher? matcher = null;
        var sink = scenario.Run(target => matcher = new OptimalMatcher(scenario.Channels, target, options));
        return (sink, matcher!);
    }

    internal static (long[][] Stamps, long Tolerance, long? Reward) Small(int seed, int most, int? channels = null, int range = 60)
    {
        var random = new Random(seed);
        long[][] stamps = new long[channels ?? 1 + random.Next(4)][];
        int longest = stamps.Length > 3 ? Math.Min(most, 5) : most;
        for (int c = 0; c < stamps.Length; c++) stamps[c] = [.. Enumerable.Range(0, random.Next(longest + 1)).Select(_ => 1_700_000_000_000_000_000 + random.Next(range)).Order()];
        return (stamps, random.Next(range), random.Next(3) == 0 ? null : 1 + random.Next(2 * range));
    }

    private static void CheckSets(Scenario scenario, RecordingSink sink, OptimalMatcher matcher, long tolerance)
    {
        long[][] stamps = scenario.Stamps();
        sink.Sets.ShouldAllBe(set => Scenario.Spread(stamps, set.Messages) <= tolerance);
        ((Int128)scenario.TotalSpread(sink)).ShouldBe(matcher.TotalSpreadNs);
        ((long)sink.Sets.Count).ShouldBe(matcher.Sets);
        foreach (var (earlier, later) in sink.Sets.Zip(sink.Sets.Skip(1)))
        {
            earlier.Messages.Zip(later.Messages).ShouldAllBe(pair => pair.First < pair.Second);
        }

        ConservationTests.CheckConserved(scenario, sink);
    }
}
