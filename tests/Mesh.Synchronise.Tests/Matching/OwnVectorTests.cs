using Mesh.Synchronise.Matching;

namespace Mesh.Synchronise.Tests.Matching;

/// <summary>Exactness without the shared vectors: scenarios worked out by hand, and random ones against plain transcriptions of the references.</summary>
public sealed class OwnVectorTests
{
    // Messages as CHANNEL@STAMP in order of arrival; sets as POSITION: MESSAGE MESSAGE.
    [Theory]
    [InlineData("0@0 1@4 0@10 1@14 0@20 1@24", "2: 0 0, 4: 1 1", "a set leaves when the next message of the earlier channel has come")]
    [InlineData("0@0 1@9 0@10 1@19 0@20 1@29", "2: 1 0, 5: 2 1", "the later partner is nearer; after it no set can hold the pivot")]
    [InlineData("0@0 0@10 0@20 1@0 1@10 1@20", "3: 0 0, 4: 1 1, 5: 2 2", "channel after channel; equal stamps cannot be improved")]
    [InlineData("0@0 1@0 2@0 0@5 1@5 2@5", "2: 0 0 0, 5: 1 1 1", "three channels on a grid")]
    [InlineData("0@0 0@1 0@2", "", "a silent channel")]
    [InlineData("0@0 1@5", "", "the tail is not flushed")]
    public void ApproximateTime_emits_what_was_worked_out_by_hand(string messages, string expected, string why) =>
        Run(messages, (channels, sink) => new ApproximateTimeMatcher(channels, sink, new ApproximateTimeOptions { AgePenalty = 0 })).ShouldBe(Split(expected), why);

    [Fact]
    public void The_tail_is_flushed_when_asked() =>
        Run("0@0 1@5 0@10 1@15", (channels, sink) => new ApproximateTimeMatcher(channels, sink, new ApproximateTimeOptions { AgePenalty = 0, FlushAtEnd = true }))
            .ShouldBe(["2: 0 0", "4: 1 1"]);

    [Theory]
    [InlineData("0@1 1@1 0@2 0@3 1@3 1@2", "1: 0 0, 4: 2 1", "a set takes older incomplete ones with it")]
    [InlineData("0@1 0@1 1@1", "2: 1 0", "the second message of a stamp replaces the first")]
    public void ExactTime_emits_what_was_worked_out_by_hand(string messages, string expected, string why) =>
        Run(messages, (channels, sink) => new ExactTimeMatcher(channels, sink)).ShouldBe(Split(expected), why);

    [Theory]
    [InlineData("0@1 1@1 0@2 0@3 1@3 1@2", "1: 0 0, 4: 2 1, 5: 1 2", "older ones stay")]
    public void Python_exact_emits_what_was_worked_out_by_hand(string messages, string expected, string why) =>
        Run(messages, (channels, sink) => new PythonExactMatcher(channels, sink)).ShouldBe(Split(expected), why);

    [Theory]
    [InlineData("0@0 0@8 1@7", "2: 1 0", "the nearest of the stored ones")]
    [InlineData("0@0 1@10", "", "the slop itself is too wide")]
    [InlineData("0@0 1@9 0@9", "1: 0 0", "greedy: the better partner comes too late")]
    public void Python_approximate_emits_what_was_worked_out_by_hand(string messages, string expected, string why) =>
        Run(messages, (channels, sink) => new PythonApproximateMatcher(channels, sink, slopNs: 10)).ShouldBe(Split(expected), why);

    [Theory]
    [InlineData("0@0 1@10", "1: 0 0", "epsilon itself is allowed")]
    [InlineData("0@0 1@11 0@12", "2: 1 0", "what is too old goes")]
    [InlineData("0@0 2@11 1@5 0@13 1@14", "4: 1 1 0", "the partial match goes with it")]
    public void Epsilon_emits_what_was_worked_out_by_hand(string messages, string expected, string why) =>
        Run(messages, (channels, sink) => new ApproximateEpsilonTimeMatcher(channels, sink, epsilonNs: 10)).ShouldBe(Split(expected), why);

    [Fact]
    public void LatestTime_repeats_slow_messages_at_the_pace_of_the_fastest()
    {
        // Stamps are also times of arrival. The first of a channel only starts its rate; channel 1 leads from its second message on.
        Run("0@0 1@10 1@20 1@30 0@35 1@40", (channels, sink) => new LatestTimeMatcher(channels, sink)).ShouldBe(["2: 0 1", "3: 0 2", "5: 1 3"]);
    }

    [Fact]
    public void LatestTime_goes_by_channel_whichever_was_received_first()
    {
        string Mirror(string text) => text.Replace('0', 'x').Replace('1', '0').Replace('x', '1');
        string messages = "0@2 1@3 1@4 1@5 0@6 1@7";
        var sets = Run(messages, (channels, sink) => new LatestTimeMatcher(channels, sink)).Select(set => string.Join(' ', set.Split(": ")[1].Split(' ').Reverse()));
        Run(string.Join(' ', messages.Split(' ').Select(message => Mirror(message[..1]) + message[1..])), (channels, sink) => new LatestTimeMatcher(channels, sink))
            .Select(set => set.Split(": ")[1]).ShouldBe(sets);
    }

    [Fact]
    public void Random_scenarios_agree_with_plain_transcriptions()
    {
        int[] sets = new int[5];
        for (int seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            int channels = 1 + seed % 5;
            var scenario = Scenario.Random(seed, channels, 40, scale: seed % 2 == 0 ? 100 : 8);
            var options = new ApproximateTimeOptions
            {
                QueueSize = random.Next(1, 12),
                AgePenalty = random.Next(3) * 0.35,
                MaxIntervalNs = random.Next(3) == 0 ? random.Next(60) : long.MaxValue,
                LowerBoundsNs = random.Next(3) == 0 ? [.. Enumerable.Range(0, channels).Select(_ => (long)random.Next(80))] : [],
                Arithmetic = random.Next(2) == 0 ? ApproximateTimeArithmetic.Ros1 : ApproximateTimeArithmetic.Ros2,
            };
            int queueSize = random.Next(1, 9);
            long width = random.Next(60);
            Check(0, sink => new ApproximateTimeMatcher(channels, sink, options), NaiveReferences.ApproximateTime(scenario, options));
            Check(1, sink => new ExactTimeMatcher(channels, sink, queueSize - 1), NaiveReferences.ExactTime(scenario, queueSize - 1));
            Check(2, sink => new ApproximateEpsilonTimeMatcher(channels, sink, width, queueSize), NaiveReferences.Epsilon(scenario, width, queueSize));
            Check(3, sink => new PythonExactMatcher(channels, sink, queueSize), NaiveReferences.Python(scenario, null, queueSize));
            Check(4, sink => new PythonApproximateMatcher(channels, sink, width, queueSize), NaiveReferences.Python(scenario, width, queueSize));

            void Check(int kind, Func<IMatchSink, SetMatcher> create, List<string> expected)
            {
                scenario.Run(create).SetTexts.ShouldBe(expected, $"seed {seed}, kind {kind}");
                sets[kind] += expected.Count;
            }
        }

        sets.ShouldAllBe(count => count > 1000);
    }

    private static IEnumerable<string> Run(string messages, Func<int, IMatchSink, SetMatcher> create)
    {
        long[][] all = [.. messages.Split(' ').Select(message => message.Split('@').Select(number => long.Parse(number, System.Globalization.CultureInfo.InvariantCulture)).ToArray())];
        int channels = Math.Max(2, (int)all.Max(message => message[0]) + 1);
        var scenario = new Scenario(channels, [.. all.Select(message => (int)message[0])], [.. all.Select(message => message[1])]);
        var sink = scenario.Run(target => create(channels, target));
        ConservationTests.CheckConserved(scenario, sink, reused: true);
        return sink.SetTexts;
    }

    private static List<string> Split(string sets) => sets.Length == 0 ? [] : [.. sets.Split(", ")];
}
