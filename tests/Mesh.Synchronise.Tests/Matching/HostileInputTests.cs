using Mesh.Model;
using Mesh.Synchronise.Matching;

namespace Mesh.Synchronise.Tests.Matching;

/// <summary>Whatever stamps a recording claims, a matcher neither fails nor loses a message.</summary>
public sealed class HostileInputTests
{
    private static readonly long[] Extremes =
        [long.MinValue, long.MinValue + 1, -(1L << 62), -1, 0, 1, 1_700_000_000_000_000_000, (1L << 62) - 1, 1L << 62, long.MaxValue - 1, long.MaxValue];

    public static TheoryData<string> Policies => [.. MatcherKinds.All.Keys];

    [Theory]
    [MemberData(nameof(Policies))]
    public void Stamps_at_the_ends_of_the_range_are_far_away_and_nothing_else(string policy)
    {
        for (int seed = 0; seed < 120; seed++)
        {
            var random = new Random(seed);
            int channels = 1 + random.Next(4);
            var scenario = new Scenario(channels, [.. Enumerable.Range(0, 120).Select(_ => random.Next(channels))],
                [.. Enumerable.Range(0, 120).Select(_ => StampMathSaturate(Extremes[random.Next(Extremes.Length)], random.Next(-2, 3)))]);
            foreach (var each in (Scenario[])[scenario, scenario.Sorted()])
            {
                ConservationTests.CheckConserved(each, each.Run(sink => MatcherKinds.All[policy](channels, sink, seed)), reused: policy == "LatestTime");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Up_to_64_channels_are_joined(string policy)
    {
        foreach (int channels in (int[])[1, 2, 9, 33, 64])
        {
            var scenario = new Scenario(channels, [.. Enumerable.Range(0, channels * 6).Select(i => i % channels)], [.. Enumerable.Range(0, channels * 6).Select(i => i / channels * 1000L)]);
            var sink = scenario.Run(target => MatcherKinds.All[policy](channels, target, 6));
            ConservationTests.CheckConserved(scenario, sink, reused: policy == "LatestTime");
            sink.Sets.Count.ShouldBeGreaterThanOrEqualTo(4, $"{channels} channels");
        }

        Code(() => MatcherKinds.All[policy](0, new RecordingSink(), 0)).ShouldBe("MESH3101");
        Code(() => MatcherKinds.All[policy](65, new RecordingSink(), 0)).ShouldBe("MESH3101");
    }

    [Fact]
    public void Huge_queues_cost_nothing_until_they_are_used()
    {
        var sink = new RecordingSink();
        long before = GC.GetAllocatedBytesForCurrentThread();
        SetMatcher[] matchers =
        [
            new ApproximateTimeMatcher(64, sink, new ApproximateTimeOptions { QueueSize = int.MaxValue }), new ExactTimeMatcher(64, sink, int.MaxValue),
            new ApproximateEpsilonTimeMatcher(64, sink, long.MaxValue, int.MaxValue), new PythonExactMatcher(64, sink, int.MaxValue),
            new PythonApproximateMatcher(64, sink, long.MaxValue, int.MaxValue), new OptimalMatcher(64, sink, new OptimalOptions { MaxMemoryBytes = 1L << 36, MaxStates = 1 << 20 }),
        ];
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1_000_000);
        foreach (var matcher in matchers)
        {
            matcher.Add(63, long.MaxValue, 0, 7);
            matcher.Complete();
        }

        sink.Drops.Select(drop => (drop.Channel, drop.Message)).ShouldBe(Enumerable.Repeat((63, 7L), matchers.Length));
    }

    [Fact]
    public void Python_slop_over_many_candidates_ends_soon()
    {
        // Every combination of five channels fails on the sixth: 200^4 of them would never end.
        const int Channels = 6, Each = 200;
        List<(int Channel, long Stamp)> messages = [];
        for (int c = 0; c < Channels - 2; c++) messages.AddRange(Enumerable.Range(0, Each).Select(i => (c, (long)-900 - i % 90)));
        messages.Add((Channels - 1, 900));
        messages.Add((Channels - 2, 0));
        var scenario = new Scenario(Channels, [.. messages.Select(m => m.Channel)], [.. messages.Select(m => m.Stamp)]);
        scenario.Run(sink => new PythonApproximateMatcher(Channels, sink, slopNs: 1000, queueSize: 1000)).Sets.ShouldBeEmpty();
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        var sink = new RecordingSink();
        Func<SetMatcher>[] wrong =
        [
            () => Approximate(new ApproximateTimeOptions { QueueSize = 0 }), () => Approximate(new ApproximateTimeOptions { AgePenalty = -0.1 }),
            () => Approximate(new ApproximateTimeOptions { AgePenalty = double.NaN }), () => Approximate(new ApproximateTimeOptions { AgePenalty = double.PositiveInfinity }),
            () => Approximate(new ApproximateTimeOptions { MaxIntervalNs = -1 }), () => Approximate(new ApproximateTimeOptions { LowerBoundsNs = [1] }),
            () => Approximate(new ApproximateTimeOptions { LowerBoundsNs = [1, -1] }), () => new ExactTimeMatcher(2, sink, -1),
            () => new ApproximateEpsilonTimeMatcher(2, sink, -1), () => new ApproximateEpsilonTimeMatcher(2, sink, 1, 0), () => new PythonExactMatcher(2, sink, 0),
            () => new PythonApproximateMatcher(2, sink, -1), () => new PythonApproximateMatcher(2, sink, 1, 0),
            () => Optimal(new OptimalOptions { ToleranceNs = -1 }), () => Optimal(new OptimalOptions { ToleranceNs = long.MaxValue }), () => Optimal(new OptimalOptions { RewardNs = 0 }),
            () => Optimal(new OptimalOptions { HorizonNs = -1 }), () => Optimal(new OptimalOptions { MaxStates = 0 }), () => Optimal(new OptimalOptions { MaxMemoryBytes = 0 }),
        ];
        foreach (var create in wrong) Code(() => create()).ShouldBe("MESH3102");
        Should.Throw<MeshException>(() => Approximate(new ApproximateTimeOptions { QueueSize = 0 })).Message.ShouldBe("The option QueueSize is 0, but must be 1 to 2147483647.");

        SetMatcher Approximate(ApproximateTimeOptions options) => new ApproximateTimeMatcher(2, sink, options);
        SetMatcher Optimal(OptimalOptions options) => new OptimalMatcher(2, sink, options);
    }

    [Fact]
    public void Misuse_is_an_error_of_the_caller()
    {
        var matcher = new ExactTimeMatcher(2, new RecordingSink());
        Should.Throw<ArgumentOutOfRangeException>(() => matcher.Add(2, 0, 0, 0));
        Should.Throw<ArgumentOutOfRangeException>(() => matcher.Add(-1, 0, 0, 0));
        Should.Throw<ArgumentOutOfRangeException>(() => matcher.Add(0, 0, 0, -1));
        matcher.Complete();
        matcher.Complete();
        Should.Throw<InvalidOperationException>(() => matcher.Add(0, 0, 0, 0));
    }

    private static string Code(Func<SetMatcher> create) => Should.Throw<MeshException>(() => create()).Code;

    private static long StampMathSaturate(long stamp, int by) => (long)Int128.Clamp((Int128)stamp + by, long.MinValue, long.MaxValue);
}
