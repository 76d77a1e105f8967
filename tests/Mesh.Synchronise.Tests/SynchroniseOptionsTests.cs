using Mesh.Streaming.Topologies;
using Shouldly;
using Xunit;

namespace Mesh.Synchronise.Tests;

public sealed class SynchroniseOptionsTests
{
    [Fact]
    public void The_designs_example_is_read()
    {
        var (options, errors) = Read("""
              - name: frames
                reference: { channel: /lidar/top }
                tolerance: 40ms
                clock: { estimate: true, truth: /gnss/time }
                inputs:
                  - { channel: /imu, policy: linear, maxGap: 1s }
                  - { channel: /gnss/fix, policy: linear, maxAge: 200ms }
                  - { channel: /camera/front, policy: nearest }
                  - { channel: /can/steering, policy: previous, name: steering }
            """);
        errors.ShouldBeEmpty();
        options.ShouldNotBeNull();
        (options.Name, options.Reference, options.ToleranceNs).ShouldBe(("frames", new ChannelReference("/lidar/top"), 40_000_000));
        options.Inputs.ShouldBe(
        [
            new SynchroniseInput("/imu", SynchronisePolicy.Linear) { MaxGapNs = 1_000_000_000 },
            new SynchroniseInput("/gnss/fix", SynchronisePolicy.Linear) { MaxAgeNs = 200_000_000 },
            new SynchroniseInput("/camera/front", SynchronisePolicy.Nearest),
            new SynchroniseInput("/can/steering", SynchronisePolicy.Previous) { Name = "steering" },
        ]);
        options.Inputs.Select(input => input.Name).ShouldBe(["imu", "gnss_fix", "camera_front", "steering"]);
    }

    [Theory]
    [InlineData("- { name: f, inputs: [{ channel: /a }] }", "reference")]
    [InlineData("- { reference: { channel: /r }, inputs: [{ channel: /a }] }", "name")]
    [InlineData("- { name: f, reference: { channel: /r } }", "input")]
    [InlineData("- { name: f, reference: { channel: /r }, inputs: [{ channel: /a, policy: cubic }] }", "cubic")]
    [InlineData("- { name: f, reference: { channel: /r }, inputs: [{ channel: /a/b }, { channel: /a.b }] }", "a_b")]
    [InlineData("- { name: f, reference: { channel: /r }, tolerence: 3ms, inputs: [{ channel: /a }] }", "tolerence")]
    [InlineData("- { name: f, reference: { channel: /r, rate: 10Hz }, inputs: [{ channel: /a }] }", "exactly one of 'channel', 'rate' and 'events', and has channel and rate")]
    [InlineData("- { name: f, reference: { }, inputs: [{ channel: /a }] }", "exactly one")]
    [InlineData("- { name: f, reference: { channel: /r }, match: { policy: exactTime }, inputs: [{ channel: /a }, { channel: /b }] }", "remove the other")]
    [InlineData("- { name: f, reference: { rate: 10 }, inputs: [{ channel: /a }] }", "29.97Hz")]
    [InlineData("- { name: f, reference: { rate: 0Hz }, inputs: [{ channel: /a }] }", "not a rate")]
    [InlineData("- { name: f, reference: { rate: 101kHz }, inputs: [{ channel: /a }] }", "100kHz")]
    [InlineData("- { name: f, reference: { rate: 0.0000001Hz }, inputs: [{ channel: /a }] }", "millionths")]
    [InlineData("- { name: f, reference: { channel: /r, when: { field: a, equals: 1 } }, inputs: [{ channel: /a }] }", "when")]
    [InlineData("- { name: f, reference: { events: /r, when: { field: a } }, inputs: [{ channel: /a }] }", "equals")]
    [InlineData("- { name: f, reference: { events: /r, when: { field: a, equals: 1, on: rise } }, inputs: [{ channel: /a }] }", "change, every")]
    [InlineData("- { name: f, match: { policy: exactTime, tolerance: 3ms }, inputs: [{ channel: /a }, { channel: /b }] }", "has no meaning for the policy exactTime, which knows queueSize, order")]
    [InlineData("- { name: f, match: { policy: optimal, order: arrival }, inputs: [{ channel: /a }, { channel: /b }] }", "no meaning")]
    [InlineData("- { name: f, match: { policy: optimall }, inputs: [{ channel: /a }, { channel: /b }] }", "optimal")]
    [InlineData("- { name: f, match: { queueSize: 3 }, inputs: [{ channel: /a }, { channel: /b }] }", "policy")]
    [InlineData("- { name: f, match: { policy: approximateTime, queueSize: 0 }, inputs: [{ channel: /a }, { channel: /b }] }", "queueSize")]
    [InlineData("- { name: f, match: { policy: optimal, tolerance: 101d }, inputs: [{ channel: /a }, { channel: /b }] }", "100d")]
    [InlineData("- { name: f, match: { policy: exactTime }, inputs: [{ channel: /a }, { channel: /b, policy: nearest }] }", "at least two members")]
    [InlineData("- { name: f, match: { policy: exactTime }, inputs: [{ channel: /a, maxAge: 3ms }, { channel: /b }] }", "limits of sets stand under 'match'")]
    [InlineData("- { name: f, reference: { channel: /r }, inputs: [{ channel: /a, policy: nearest, maxGap: 3ms }] }", "maxGap")]
    [InlineData("- { name: f, reference: { channel: /r }, inputs: [{ channel: /a, fields: { x: { as: angle } } }] }", "only linear")]
    [InlineData("- { name: f, reference: { channel: /r }, inputs: [{ channel: /a, policy: linear, fields: { x: { as: cubic } } }] }", "cubic")]
    [InlineData("- { name: f, reference: { channel: /r }, inputs: [{ channel: /a, policy: linear, fields: { x: { as: angle, period: full } } }] }", "360deg, 2pi")]
    [InlineData("- { name: f, reference: { channel: /r }, inputs: [{ channel: /a, policy: linear, fields: { x: { as: hold, period: 360deg } } }] }", "'as: angle' only")]
    [InlineData("- { name: f, reference: { channel: /r }, inputs: [{ channel: /a, policy: linear, fields: { x: { as: quaternion, order: zyxw } } }] }", "xyzw, wxyz")]
    [InlineData("- { name: f, reference: { channel: /r }, inputs: [{ channel: /a, policy: linear, fields: { x: { as: linear, maxRate: 0 } } }] }", "above zero")]
    [InlineData("- { name: f, reference: { channel: /r }, inputs: [{ channel: /a, latency: 8 }] }", "positive or negative")]
    public void What_is_wrong_is_reported_with_its_word(string item, string word)
    {
        var (_, errors) = Read("  " + item);
        errors.ShouldContain(error => error.Message.Contains(word, StringComparison.Ordinal), string.Join('\n', errors));
    }

    [Fact]
    public void Everything_else_that_can_be_declared_is_read()
    {
        var (options, errors) = Read("""
              - name: rate
                reference: { rate: 29.97Hz }
                keepUnmatched: true
                inputs:
                  - channel: /pose
                    policy: linear
                    tolerance: 20ms
                    latency: -2.5ms
                    fields:
                      heading: { as: angle, period: 2pi, maxRate: 3 }
                      pose.q: { as: quaternion, order: wxyz }
                      lon: { as: longitude }
                      turn: { as: angle, period: 400 }
                  - { channel: /can, policy: next, maxAge: 10ms }
            """);
        errors.ShouldBeEmpty();
        options.ShouldNotBeNull();
        options.Reference.ShouldBe(new RateReference(29_970_000));
        options.KeepUnmatched.ShouldBeTrue();
        var pose = options.Inputs[0];
        (pose.ToleranceNs, pose.LatencyNs, pose.IsMember).ShouldBe((20_000_000, -2_500_000, false));
        pose.Fields["heading"].ShouldBe(new FieldRule(FieldTreatment.Angle) { Period = 2 * Math.PI, MaxRate = 3 });
        pose.Fields["pose.q"].ShouldBe(new FieldRule(FieldTreatment.Quaternion) { IsWFirst = true });
        pose.Fields["lon"].ShouldBe(new FieldRule(FieldTreatment.Angle));
        pose.Fields["turn"].Period.ShouldBe(400);
        options.Inputs[1].Policy.ShouldBe(SynchronisePolicy.Next);
    }

    [Theory]
    [InlineData("reference: { events: /trigger, when: { field: state, equals: true, on: every }, latency: 8ms }", "/trigger")]
    [InlineData("reference: { events: /trigger }", "/trigger")]
    public void Events_are_a_channel_with_a_condition(string reference, string channel)
    {
        var (options, errors) = Read("  - { name: f, " + reference + ", inputs: [{ channel: /a }] }");
        errors.ShouldBeEmpty();
        options!.Reference.ShouldBeOfType<ChannelReference>().Channel.ShouldBe(channel);
        if (reference.Contains("when", StringComparison.Ordinal))
        {
            options.Reference.ShouldBe(new ChannelReference(channel) { LatencyNs = 8_000_000, When = new EventCondition("state", "true") { OnChange = false } });
        }
    }

    [Fact]
    public void Inputs_without_a_policy_are_the_members_of_sets()
    {
        var (options, errors) = Read("""
              - name: f
                match: { policy: approximateTime, queueSize: 20, agePenalty: 0.5, maxInterval: 30ms, order: stamp }
                inputs: [{ channel: /a, latency: 3ms }, { channel: /b }, { channel: /imu, policy: linear }]
            """);
        errors.ShouldBeEmpty();
        options!.Reference.ShouldBe(new SetReference(SetPolicy.ApproximateTime) { QueueSize = 20, AgePenalty = 0.5, MaxIntervalNs = 30_000_000, Order = FeedOrder.Stamp });
        options.Inputs.Select(input => input.IsMember).ShouldBe([true, true, false]);
        Read("  - { name: f, match: { policy: optimal, tolerance: 30ms, reward: 20ms }, inputs: [{ channel: /a }, { channel: /b }] }").Options!.Reference
            .ShouldBe(new SetReference(SetPolicy.Optimal) { ToleranceNs = 30_000_000, RewardNs = 20_000_000 });
    }

    private static (SynchroniseOptions? Options, IReadOnlyList<TopologyError> Errors) Read(string items)
    {
        var topology = Topology.Parse("apiVersion: mesh/v1\nkind: Topology\nmetadata: { name: t }\nsynchronise:\n" + items + "\n", "t.yaml");
        var options = SynchroniseOptions.Read(topology.Section("synchronise")!.Items[0]);
        return (options, topology.Errors.All);
    }
}
