using Mesh.Lakehouse.Iceberg;
using Mesh.Streaming.Topologies;

namespace Mesh.Decode.Tests;

public class DecodeOptionsTests
{
    [Fact]
    public void Without_a_section_every_channel_is_wanted_and_damage_becomes_dead_letters()
    {
        var options = DecodeOptions.Read(null);

        options.Selects("any/msg/Type", "/any", "V1").ShouldBeTrue();
        (options.OnCorrupt, options.OnSchemaChange).ShouldBe((CorruptPolicy.DeadLetter, SchemaChangePolicy.Evolve));
    }

    [Fact]
    public void Rules_select_by_schema_or_topic_and_policies_are_read()
    {
        var (options, errors) = Read(
            """
            decode:
              channels:
                - { match: { schema: "sensor_msgs/*" } }
                - { match: { topic: "/camera/*", schema: "*Image" }, blobs: inline }
              onSchemaChange: compatible
              onCorrupt: fail
            """);

        errors.ShouldBeEmpty();
        (options.OnCorrupt, options.OnSchemaChange).ShouldBe((CorruptPolicy.Fail, SchemaChangePolicy.Compatible));
        options.Selects("sensor_msgs/msg/Imu", "/imu", "V1").ShouldBeTrue();
        options.Selects("foxglove.CompressedImage", "/camera/front/left", "V1").ShouldBeTrue();
        options.Selects("foxglove.CompressedImage", "/rear", "V1").ShouldBeFalse();
        options.Selects("nav_msgs/msg/Path", "/path", "V1").ShouldBeFalse();
    }

    [Fact]
    public void A_rule_may_mean_a_vehicle_and_decide_about_changed_schemas()
    {
        var (options, errors) = Read(
            """
            decode:
              channels:
                - { match: { schema: "sensor_msgs/*", vehicle: "V1*" }, onSchemaChange: refuse }
                - { match: { vehicle: "test-?" } }
              onSchemaChange: compatible
            """);

        errors.ShouldBeEmpty();
        options.Selects("sensor_msgs/msg/Imu", "/imu", "V12").ShouldBeTrue();
        options.Selects("sensor_msgs/msg/Imu", "/imu", "V2").ShouldBeFalse();
        options.Selects("any/msg/Type", "/any", "test-1").ShouldBeTrue();
        options.Selects("any/msg/Type", "/any", "test-10").ShouldBeFalse();
        options.PolicyOf("sensor_msgs/msg/Imu", "/imu", "V12").ShouldBe(SchemaChangePolicy.Refuse);
        options.PolicyOf("sensor_msgs/msg/Imu", "/imu", "test-1").ShouldBe(SchemaChangePolicy.Compatible);
        options.Channels[0].ToString().ShouldBe("schema sensor_msgs/* of vehicle V1*");
    }

    [Fact]
    public void What_is_wrong_is_said_with_its_line_and_a_remedy()
    {
        var (_, errors) = Read(
            """
            decode:
              channels:
                - { topic: "/camera" }
                - { match: { topic: "/camera" }, blobs: reference }
                - { match: {} }
              onCorupt: fail
              onSchemaChange: sometimes
            """);

        errors.Count.ShouldBeGreaterThanOrEqualTo(5);
        errors.ShouldContain(error => error.Contains("blobs: reference is not supported yet", StringComparison.Ordinal));
        errors.ShouldContain(error => error.Contains("onCorrupt", StringComparison.Ordinal));
        errors.ShouldContain(error => error.Contains("leave 'channels' out", StringComparison.Ordinal));
    }

    private static (DecodeOptions Options, List<string> Errors) Read(string decode)
    {
        var topology = Topology.Parse($"apiVersion: mesh/v1\nkind: Topology\nmetadata: {{ name: test }}\n{decode}\n", "test.yaml");
        var options = DecodeOptions.Read(topology.Section("decode"));
        return (options, [.. topology.Errors.All.Select(error => error.ToString())]);
    }
}
