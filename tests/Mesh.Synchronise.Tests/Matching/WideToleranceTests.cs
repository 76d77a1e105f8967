using Mesh.Synchronise.Matching;

namespace Mesh.Synchronise.Tests.Matching;

/// <summary>Tolerances wide against the periods, where not every partial solution can be followed.</summary>
public sealed class WideToleranceTests
{
    [Fact]
    public void A_cut_or_forced_solution_is_never_worse_than_ApproximateTime()
    {
        int cut = 0, forced = 0, better = 0;
        for (int seed = 0; seed < 400; seed++)
        {
            var scenario = InTurns(Scenario.Random(seed, 2 + seed % 4, 80));
            var options = new OptimalOptions
            {
                ToleranceNs = 100 + seed % 7 * 150, RewardNs = (seed % 3) switch { 0 => null, 1 => 150, _ => 2000 }, MaxStates = 1 + seed % 11, HorizonNs = 100 + seed % 5 * 400, BoundGap = true,
            };
            var (sink, matcher) = OptimalMatcherTests.Run(scenario, options);
            ConservationTests.CheckConserved(scenario, sink);
            var reference = Reference(scenario, options.ToleranceNs);
            var theirs = scenario.TotalSpread(reference) - matcher.RewardNs * reference.Sets.Count;
            matcher.Objective.ShouldBeLessThanOrEqualTo(theirs, $"seed {seed}");
            matcher.LowerBound!.Value.ShouldBeLessThanOrEqualTo(matcher.Objective);
            if (matcher.CutStates > 0) cut++;
            if (matcher.ForcedChoices > 0) forced++;
            if (matcher.Objective < theirs) better++;
        }

        cut.ShouldBeGreaterThan(300);
        forced.ShouldBeGreaterThan(50);
        better.ShouldBeGreaterThan(150);
    }

    [Theory]
    [InlineData(3, 1_000_000)]
    [InlineData(6, 10_000_000)]
    [InlineData(2, 1_000_000)]
    public void Fifty_milliseconds_over_fast_channels_cost_little_and_gain_over_ApproximateTime(int channels, long periodNs)
    {
        foreach (int dropouts in (int[])[int.MaxValue, 8])
        {
            var scenario = Rates(channels, periodNs, 20_000, dropouts);
            long[][] stamps = scenario.Stamps();
            var options = new OptimalOptions { ToleranceNs = 50_000_000 };
            var start = Environment.CpuUsage.TotalTime;
            var (sink, matcher) = OptimalMatcherTests.Run(scenario, options);
            double microseconds = (Environment.CpuUsage.TotalTime - start).TotalMicroseconds / scenario.Count;
            var reference = Reference(scenario, options.ToleranceNs);
            var narrow = OptimalMatcherTests.Run(scenario, options with { ToleranceNs = periodNs }).Matcher;
            TestContext.Current.TestOutputHelper!.WriteLine(FormattableString.Invariant(
                $"{channels} x {periodNs} ns, dropouts 1/{dropouts}: {microseconds:f1} us a message, {matcher.Sets} sets, mean {(double)matcher.TotalSpreadNs / matcher.Sets / 1e6:f3} ms, cut {matcher.CutStates}, forced {matcher.ForcedChoices}; ApproximateTime {reference.Sets.Count}, {scenario.TotalSpread(reference) / 1e6 / reference.Sets.Count:f3} ms; one period {narrow.Sets}, {(double)narrow.TotalSpreadNs / narrow.Sets / 1e6:f3} ms, proven {narrow.IsProvenOptimal}, peak {narrow.PeakStates}"));
            ConservationTests.CheckConserved(scenario, sink);
            matcher.Objective.ShouldBeLessThanOrEqualTo(scenario.TotalSpread(reference) - matcher.RewardNs * reference.Sets.Count);
        }
    }

    private static RecordingSink Reference(Scenario scenario, long tolerance) =>
        scenario.Run(sink => new ApproximateTimeMatcher(scenario.Channels, sink, new ApproximateTimeOptions { MaxIntervalNs = tolerance, FlushAtEnd = true }));

    // By (stamp, how many of its channel had the same stamp before, channel): the order in which the matcher takes equal stamps.
    private static Scenario InTurns(Scenario scenario)
    {
        var sorted = scenario.Sorted();
        int[] rounds = new int[sorted.Count];
        for (int i = 1; i < rounds.Length; i++)
        {
            if (sorted.Channel[i] == sorted.Channel[i - 1] && sorted.StampNs[i] == sorted.StampNs[i - 1]) rounds[i] = rounds[i - 1] + 1;
        }

        int[] order = [.. Enumerable.Range(0, rounds.Length).OrderBy(i => sorted.StampNs[i]).ThenBy(i => rounds[i]).ThenBy(i => sorted.Channel[i])];
        return new Scenario(sorted.Channels, [.. order.Select(i => sorted.Channel[i])], [.. order.Select(i => sorted.StampNs[i])]);
    }

    private static Scenario Rates(int channels, long periodNs, int messages, int dropouts)
    {
        var random = new Random(1);
        List<(long Stamp, int Channel)> all = [];
        for (int i = 0; all.Count < messages; i++)
        {
            for (int c = 0; c < channels; c++)
            {
                bool isThere = dropouts == int.MaxValue || random.Next(dropouts) != 0;
                if (isThere) all.Add((i * periodNs + c * periodNs / channels + random.NextInt64(periodNs / 5), c));
            }
        }

        all.Sort();
        return new Scenario(channels, [.. all.Select(m => m.Channel)], [.. all.Select(m => m.Stamp)]);
    }
}
