using Mesh.Synchronise.Matching;

namespace Mesh.Synchronise.Tests.Matching;

/// <summary>
/// The matchers against what the reference implementations emitted: Debian's message_filters 1.15.15 (<c>golden</c>, <c>golden_fuzz</c>) and
/// the policies of ROS 2 message_filters 6.0.6 over a clock shim (<c>golden_ros2</c>).
/// </summary>
public sealed class GoldenTests
{
    public static TheoryData<string> Ros1Files => [.. GoldenFile.Names("golden")];

    public static TheoryData<string> Ros2Files => [.. GoldenFile.Names("golden_ros2")];

    [Theory]
    [MemberData(nameof(Ros1Files))]
    public void Every_set_of_ROS_1_is_emitted_at_the_same_message_and_no_other(string name)
    {
        var golden = GoldenFile.Read("golden", name);
        var sink = golden.Scenario.Run(golden.Create);

        sink.SetTexts.ShouldBe(golden.Sets);
        ConservationTests.CheckConserved(golden.Scenario, sink);
        if (golden.Policy != "ExactTime") return;

        // The reference reports rows; ours is told message by message, in the order of channels, and a replaced or left message as well.
        var expected = golden.Drops.SelectMany(row =>
        {
            string[] parts = row.Split(": ");
            return parts[1].Split(' ').Select((message, channel) => $"{parts[0]}: {channel}/{message}").Where(text => !text.EndsWith("/-1", StringComparison.Ordinal));
        }).ToList();
        sink.Drops.Where(drop => drop.Reason is DropReason.NoPartner or DropReason.QueueOverflow).Select(drop => $"{drop.Position}: {drop.Channel}/{drop.Message}")
            .ShouldBe(expected);
    }

    [Fact]
    public void All_fuzzed_scenarios_of_ROS_1_ApproximateTime_agree()
    {
        string[] lines = GoldenFile.Lines("golden_fuzz", "approx_fuzz.jsonl");
        lines.Length.ShouldBeGreaterThanOrEqualTo(2000);
        int sets = 0;
        foreach (string line in lines)
        {
            var golden = GoldenFile.Parse(line);
            var sink = golden.Scenario.Run(golden.Create);
            sink.SetTexts.ShouldBe(golden.Sets, line[..20]);
            ConservationTests.CheckConserved(golden.Scenario, sink);
            sets += sink.Sets.Count;
        }

        sets.ShouldBeGreaterThan(2000);
    }

    // Lower-grade evidence for ApproximateTime: the truncating multiplication in these vectors is a reading of rclcpp, not rclcpp itself; ours
    // goes through the same 80-bit rounding. LatestTime agrees because its vectors receive the channels first in their order; otherwise the
    // reference reads the rate of another channel (ros2/message_filters issue 110), which is not imitated.
    [Theory]
    [MemberData(nameof(Ros2Files))]
    public void Every_set_of_ROS_2_is_emitted_at_the_same_message_and_no_other(string name)
    {
        var golden = GoldenFile.Read("golden_ros2", name);
        var sink = golden.Scenario.Run(golden.Create);

        sink.SetTexts.ShouldBe(golden.Sets);
        ConservationTests.CheckConserved(golden.Scenario, sink);
    }
}
