using Mesh.Synchronise.Matching;

namespace Mesh.Synchronise.Tests.Matching;

/// <summary>Every message is accounted for, whatever the policy.</summary>
public sealed class ConservationTests
{
    public static TheoryData<string> Policies => [.. MatcherKinds.All.Keys];

    [Theory]
    [MemberData(nameof(Policies))]
    public void Every_message_ends_in_one_set_or_is_dropped_with_a_reason(string policy)
    {
        for (int seed = 0; seed < 150; seed++)
        {
            var scenario = Scenario.Random(seed, 1 + seed % 6, 40);
            if (policy.StartsWith("Optimal", StringComparison.Ordinal) && seed % 2 == 0) scenario = scenario.Sorted();
            CheckConserved(scenario, scenario.Run(sink => MatcherKinds.All[policy](scenario.Channels, sink, seed)), reused: policy == "LatestTime");
        }
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void A_message_of_a_channel_that_has_no_partner_is_dropped_once(string policy)
    {
        var scenario = new Scenario(3, [0, 0, 1], [5, 6, 7]);
        var sink = scenario.Run(target => MatcherKinds.All[policy](3, target, 0));
        sink.Sets.ShouldBeEmpty();
        sink.Drops.Select(drop => (drop.Channel, drop.Message)).Order().ShouldBe([(0, 0L), (0, 1L), (1, 0L)]);
    }

    internal static void CheckConserved(Scenario scenario, RecordingSink sink, bool reused = false)
    {
        var matched = sink.Sets.SelectMany(set => set.Messages.Select((message, channel) => (channel, message))).ToList();
        var distinct = matched.ToHashSet();
        if (!reused && scenario.ArrivalNs is null) matched.Count.ShouldBe(distinct.Count, "a message is in two sets");
        var dropped = sink.Drops.Select(drop => (drop.Channel, drop.Message)).ToHashSet();
        dropped.Count.ShouldBe(sink.Drops.Count, "a message was dropped twice");
        dropped.Overlaps(distinct).ShouldBeFalse("a message was matched and dropped");
        (distinct.Count + dropped.Count).ShouldBe(scenario.Count, "a message vanished");
    }
}
