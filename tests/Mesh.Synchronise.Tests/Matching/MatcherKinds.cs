using Mesh.Synchronise.Matching;

namespace Mesh.Synchronise.Tests.Matching;

/// <summary>Every policy with options that vary with a seed, for stamps tens of nanoseconds apart.</summary>
internal static class MatcherKinds
{
    public static Dictionary<string, Func<int, IMatchSink, int, SetMatcher>> All { get; } = new()
    {
        ["ApproximateTime"] = (channels, sink, seed) => new ApproximateTimeMatcher(channels, sink, Approximate(channels, seed)),
        ["ApproximateTime ROS 2"] = (channels, sink, seed) => new ApproximateTimeMatcher(channels, sink, Approximate(channels, seed) with { Arithmetic = ApproximateTimeArithmetic.Ros2 }),
        ["ApproximateTime flushed"] = (channels, sink, seed) => new ApproximateTimeMatcher(channels, sink, Approximate(channels, seed) with { FlushAtEnd = true }),
        ["ExactTime"] = (channels, sink, seed) => new ExactTimeMatcher(channels, sink, seed % 5),
        ["ApproximateEpsilonTime"] = (channels, sink, seed) => new ApproximateEpsilonTimeMatcher(channels, sink, seed % 7 * 10, 1 + seed % 5),
        ["LatestTime"] = (channels, sink, _) => new LatestTimeMatcher(channels, sink),
        ["Python exact"] = (channels, sink, seed) => new PythonExactMatcher(channels, sink, 1 + seed % 5),
        ["Python approximate"] = (channels, sink, seed) => new PythonApproximateMatcher(channels, sink, seed % 7 * 15, 1 + seed % 9),
        ["Optimal"] = (channels, sink, seed) => new OptimalMatcher(channels, sink, Optimal(seed)),
        ["Optimal forced"] = (channels, sink, seed) => new OptimalMatcher(channels, sink, Optimal(seed) with { HorizonNs = seed % 60, MaxStates = 1 + seed % 4 }),
    };

    private static ApproximateTimeOptions Approximate(int channels, int seed) => new()
    {
        QueueSize = 1 + seed % 9,
        AgePenalty = seed % 3 * 0.4,
        MaxIntervalNs = seed % 2 == 0 ? long.MaxValue : 40,
        LowerBoundsNs = seed % 4 == 0 ? [.. Enumerable.Repeat(20L, channels)] : [],
    };

    private static OptimalOptions Optimal(int seed) => new() { ToleranceNs = seed % 5 * 20, RewardNs = seed % 3 == 0 ? null : 1 + seed % 90 };
}
