using System.Text.Json;
using Mesh.Formats;
using Mesh.Formats.RosBag;
using Mesh.Testing;

namespace Mesh.Simulation.Tests;

public sealed class Ros1DriveTests : IDisposable
{
    private static readonly DriveOptions Options = new() { Format = RecordingFormat.Ros1Bag, Duration = TimeSpan.FromSeconds(1.5), Seed = 3, LidarPoints = 100 };

    // Sums of the definitions that ROS Noetic ships; the others are of Mesh's own types.
    private static readonly Dictionary<string, string> KnownSums = new()
    {
        ["sensor_msgs/Imu"] = "6a62c6daae103f4ff57a132d6f95cec2",
        ["sensor_msgs/NavSatFix"] = "2d3a8cd499b9b4a0249fb98fd05cfa48",
        ["sensor_msgs/CompressedImage"] = "8f7a12909da2c9d3332d540a0977563f",
        ["sensor_msgs/PointCloud2"] = "1158d486dd51d683ce2f1be655c3c181",
    };

    // Decodes with genpy, by the definitions in the bag.
    private const string Values = """
        import json, sys, rosbag
        rows = {}
        for topic, message, time in rosbag.Bag(sys.argv[1]).read_messages():
            row = [message.header.seq, message.header.stamp.to_nsec(), message.header.frame_id, time.to_nsec()]
            if topic == "/imu": row.append(message.angular_velocity.z)
            elif topic == "/gnss/fix": row.append(message.latitude)
            elif topic == "/wheel_speeds": row.append(message.speed)
            elif topic == "/steering": row.append(message.angle)
            elif topic == "/labels/manoeuvre": row.append(message.label)
            elif topic == "/camera/front": row.append(bytes(message.data).hex())
            else: row.append(bytes(message.data).hex() + str(len(message.fields)) + str(message.is_dense))
            rows.setdefault(topic, []).append(row)
        print(json.dumps(rows))
        """;

    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData(Ros1BagCompression.None)]
    [InlineData(Ros1BagCompression.Lz4)]
    [InlineData(Ros1BagCompression.Bz2)]
    public async Task Rosbag_decodes_the_values_of_the_same_drive_in_ros_2(Ros1BagCompression compression)
    {
        Require.Program("rosbag", "apt-get install python3-rosbag");
        string path = folder["drive.bag"];
        var truth = await SimulatedRecording.WriteAsync(path, Options with { BagCompression = compression }, TestContext.Current.CancellationToken);
        var info = await PythonAsync(Path.Combine(Repository.Root, "tests", "foreign", "rosbag-read.py"), path);
        info.GetProperty("count").GetInt64().ShouldBe(truth.Messages);
        info.GetProperty("compressions").EnumerateArray().Select(name => name.GetString()).ShouldContain(compression.ToString().ToLowerInvariant());
        foreach (var channel in truth.Channels)
        {
            var topic = info.GetProperty("topics").GetProperty(channel.Topic);
            topic.GetProperty("count").GetInt64().ShouldBe(channel.Messages);
            topic.GetProperty("bytes").GetInt64().ShouldBe(channel.PayloadBytes);
            topic.GetProperty("type").GetString().ShouldBe(channel.SchemaName);
            if (KnownSums.TryGetValue(channel.SchemaName, out string? sum)) topic.GetProperty("md5").GetString().ShouldBe(sum, channel.SchemaName);
            else channel.SchemaName.ShouldStartWith("mesh_msgs/");
        }

        var signals = DriveSignals.Of(Options with { Format = RecordingFormat.Mcap });
        var rows = await PythonAsync("-c", Values, path);
        foreach (var (topic, messages) in signals.Messages)
        {
            var read = rows.GetProperty(topic);
            read.GetArrayLength().ShouldBe(messages.Count);
            for (int i = 0; i < messages.Count; i++)
            {
                read[i][0].GetInt32().ShouldBe(i);
                read[i][1].GetInt64().ShouldBe(signals.StampsNs[topic][i]);
                read[i][3].GetInt64().ShouldBe(messages[i].LogTimeNs);
                object value = read[i][4].ValueKind == JsonValueKind.Number ? read[i][4].GetDouble() : read[i][4].GetString()!;
                value.ShouldBe(Expected(signals, topic, i), topic);
            }
        }

        rows.GetProperty("/gnss/fix")[0][2].GetString().ShouldBe("gnss_link");
    }

    [Fact]
    public async Task Foxglove_decodes_the_values_of_the_same_drive_in_ros_2()
    {
        string path = folder["drive.bag"];
        await SimulatedRecording.WriteAsync(path, Options, TestContext.Current.CancellationToken);
        var read = await NodeScript.RunAsync("messages-ros1.mjs", path);
        var signals = DriveSignals.Of(Options with { Format = RecordingFormat.Mcap });
        var byTopic = read.GetProperty("messages").EnumerateArray().ToLookup(message => message.GetProperty("topic").GetString()!, message => message.GetProperty("value"));

        byTopic.Sum(group => group.Count()).ShouldBe(360);
        byTopic["/imu"].Select(value => value.GetProperty("angular_velocity").GetProperty("z").GetDouble()).ShouldBe(signals.Values("/imu", "angular_velocity", "z"));
        byTopic["/imu"].Select(value => value.GetProperty("header").GetProperty("seq").GetInt32()).ShouldBe(Enumerable.Range(0, 150));
        byTopic["/gnss/fix"].Select(value => value.GetProperty("longitude").GetDouble()).ShouldBe(signals.Values("/gnss/fix", "longitude"));
        byTopic["/wheel_speeds"].Select(value => value.GetProperty("rear_right").GetDouble()).ShouldBe(signals.Values("/wheel_speeds", "rear_right"));
        byTopic["/camera/front"].First().GetProperty("format").GetString().ShouldBe("png");
        byTopic["/lidar/top"].First().GetProperty("fields").EnumerateArray().Select(field => field.GetProperty("name").GetString()).ShouldBe(["x", "y", "z", "intensity"]);
        var stamp = byTopic["/labels/manoeuvre"].Last().GetProperty("header").GetProperty("stamp");
        (stamp.GetProperty("sec").GetInt64() * 1_000_000_000 + stamp.GetProperty("nsec").GetInt64()).ShouldBe(signals.StampsNs["/labels/manoeuvre"][^1]);
    }

    public void Dispose() => folder.Dispose();

    private static object Expected(DriveSignals signals, string topic, int i)
    {
        var batch = signals.Batches[topic];
        return topic switch
        {
            "/imu" => signals.Values("/imu", "angular_velocity", "z")[i],
            "/gnss/fix" => signals.Values("/gnss/fix", "latitude")[i],
            "/wheel_speeds" => signals.Values("/wheel_speeds", "speed")[i],
            "/steering" => signals.Values("/steering", "angle")[i],
            "/labels/manoeuvre" => batch["label"].GetString(i),
            "/camera/front" => Convert.ToHexStringLower(batch["data"].GetBytes(i)),
            _ => Convert.ToHexStringLower(batch["data"].GetBytes(i)) + "4True",
        };
    }

    private static async Task<JsonElement> PythonAsync(params string[] arguments)
    {
        using var document = JsonDocument.Parse(await ToolProcess.RunAsync("/usr/bin/python3", arguments));
        return document.RootElement.Clone();
    }
}
