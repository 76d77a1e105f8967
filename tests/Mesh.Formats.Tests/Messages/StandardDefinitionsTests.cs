using System.Text;
using Mesh.Columnar;
using Mesh.Formats.Messages;

namespace Mesh.Formats.Tests.Messages;

public sealed class StandardDefinitionsTests
{
    [Fact]
    public void Every_definition_is_complete_and_decodes()
    {
        StandardDefinitions.TypeNames.Count.ShouldBeGreaterThan(140);
        foreach (string name in StandardDefinitions.TypeNames)
        {
            StandardDefinitions.TryGet(name, out var text).ShouldBeTrue();
            var type = MessageDecoders.Create("cdr", new MessageSchema(name, "ros2msg", text)).Type;
            if (type.Fields.Count == 0) name.ShouldBeOneOf("std_msgs/Empty", "rcl_interfaces/ParameterType", "statistics_msgs/StatisticDataType", "lifecycle_msgs/State");
        }
    }

    [Fact]
    public void A_type_comes_with_what_it_contains_and_nothing_else()
    {
        StandardDefinitions.TryGet("sensor_msgs/msg/Imu", out var bytes).ShouldBeTrue();
        string text = Encoding.UTF8.GetString(bytes.Span);
        text.ShouldStartWith("std_msgs/Header header\ngeometry_msgs/Quaternion orientation\nfloat64[9] orientation_covariance\n");
        text.Split('\n').Where(line => line.StartsWith("MSG: ", StringComparison.Ordinal)).Order().ShouldBe(
            ["MSG: builtin_interfaces/Time", "MSG: geometry_msgs/Quaternion", "MSG: geometry_msgs/Vector3", "MSG: std_msgs/Header"]);

        StandardDefinitions.TryGet("nobody/msg/Nothing", out bytes).ShouldBeFalse();
        bytes.IsEmpty.ShouldBeTrue();
        StandardDefinitions.TryGet("Imu", out _).ShouldBeFalse();
    }

    [Fact]
    public void Constants_do_not_become_columns()
    {
        StandardDefinitions.TryGet("sensor_msgs/NavSatStatus", out var text).ShouldBeTrue();
        Encoding.UTF8.GetString(text.Span).ShouldContain("STATUS_FIX=0");
        MessageDecoders.Create("cdr", new MessageSchema("sensor_msgs/NavSatStatus", "ros2msg", text)).Type.Fields
            .ShouldBe([new Field("status", DataType.Int32), new Field("service", DataType.Int32)]);
    }
}
