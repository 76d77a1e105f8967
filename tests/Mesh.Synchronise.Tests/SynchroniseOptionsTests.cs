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
        (options.Name, options.ReferenceChannel, options.ToleranceNs).ShouldBe(("frames", "/lidar/top", 40_000_000));
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
    public void What_is_wrong_is_reported_with_its_word(string item, string word)
    {
        var (_, errors) = Read("  " + item);
        errors.ShouldContain(error => error.Message.Contains(word, StringComparison.Ordinal), string.Join('\n', errors));
    }

    private static (SynchroniseOptions? Options, IReadOnlyList<TopologyError> Errors) Read(string items)
    {
        var topology = Topology.Parse("apiVersion: mesh/v1\nkind: Topology\nmetadata: { name: t }\nsynchronise:\n" + items + "\n", "t.yaml");
        var options = SynchroniseOptions.Read(topology.Section("synchronise")!.Items[0]);
        return (options, topology.Errors.All);
    }
}
