using System.Text;
using Mesh.Columnar;
using Mesh.Formats.Messages;
using Mesh.Testing;
using Microsoft.Data.Sqlite;

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
    public void Bags_without_definitions_decode_to_their_last_byte()
    {
        int decoded = 0;
        var types = new HashSet<string>();
        foreach (string file in Directory.EnumerateFiles(TestData.PathOf(), "*.db3", SearchOption.AllDirectories))
        {
            // A write-ahead log beside it would be written to.
            if (File.Exists($"{file}-wal")) continue;
            using var connection = new SqliteConnection($"Data Source=file:{file}?immutable=1;Mode=ReadOnly");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT t.type, m.data FROM messages m JOIN topics t ON t.id = m.topic_id WHERE t.serialization_format = 'cdr' LIMIT 500";
            try
            {
                using var reader = command.ExecuteReader();
                while (reader.Read())
                {
                    string type = reader.GetString(0);
                    if (!StandardDefinitions.TryGet(type, out var text)) continue;
                    byte[] payload = (byte[])reader[1];
                    // Messages compressed one by one are no CDR.
                    if (payload.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD])) continue;
                    var decoder = MessageDecoders.Create("cdr", new MessageSchema(type, "ros2msg", text));
                    new DecodedRows(decoder).Add(payload).Build().Length.ShouldBe(1, file);
                    // It ends where the message ends: cut by more than the padding it does not decode.
                    if (payload.Length > 12) Should.Throw<MessageFormatException>(() => new DecodedRows(decoder).Add(payload.AsSpan(0, payload.Length - 9)), $"{file} {type}");
                    types.Add(type);
                    decoded++;
                }
            }
            catch (SqliteException)
            {
                // Damaged on purpose, or of a schema without these tables.
            }
        }

        decoded.ShouldBeGreaterThan(100);
        types.Count.ShouldBeGreaterThan(4);
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
