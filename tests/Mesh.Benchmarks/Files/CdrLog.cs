using System.Buffers.Binary;
using Mesh.Formats;
using Mesh.Formats.Mcap;

namespace Mesh.Benchmarks.Files;

/// <summary>Small CDR messages with their definitions: four CAN buses at 2 kHz, four IMUs at 100 Hz, a GNSS receiver at 10 Hz.</summary>
internal static class CdrLog
{
    private const string Header = """
        ================================================================================
        MSG: std_msgs/Header
        builtin_interfaces/Time stamp
        string frame_id
        ================================================================================
        MSG: builtin_interfaces/Time
        int32 sec
        uint32 nanosec
        """;

    private static readonly MessageSchema Frame = new("can_msgs/msg/Frame", "ros2msg", System.Text.Encoding.UTF8.GetBytes(
        "std_msgs/Header header\nuint32 id\nbool is_rtr\nbool is_extended\nbool is_error\nuint8 dlc\nuint8[8] data\n" + Header));

    private static readonly MessageSchema Imu = new("sensor_msgs/msg/Imu", "ros2msg", System.Text.Encoding.UTF8.GetBytes(
        "std_msgs/Header header\nfloat64[4] orientation\nfloat64[9] orientation_covariance\nfloat64[3] angular_velocity\nfloat64[9] angular_velocity_covariance\nfloat64[3] linear_acceleration\nfloat64[9] linear_acceleration_covariance\n" + Header));

    private static readonly MessageSchema Fix = new("demo/msg/Fix", "ros2msg", System.Text.Encoding.UTF8.GetBytes(
        "std_msgs/Header header\nfloat64 latitude\nfloat64 longitude\nfloat64 altitude\nfloat64[9] covariance\n" + Header));

    public static async Task WriteMcapAsync(string path, McapCompression compression, int seconds)
    {
        await using var output = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 20);
        await using var writer = new McapRecordingWriter(output, new McapWriterOptions { Compression = compression });
        await WriteAsync(writer, seconds);
    }

    public static async Task WriteAsync(RecordingWriter writer, int seconds)
    {
        int[] buses = [.. Enumerable.Range(0, 4).Select(i => Add($"/can{i}", Frame))];
        int[] imus = [.. Enumerable.Range(0, 4).Select(i => Add($"/imu{i}", Imu))];
        int gnss = Add("/gnss", Fix);
        byte[] can = Message(16), imu = Message(37 * 8), fix = Message(12 * 8);
        var random = new Random(1);
        uint sequence = 0;
        for (long step = 0; step < seconds * 2000L; step++)
        {
            ulong time = 1_700_000_000_000_000_000UL + ((ulong)step * 500_000UL);
            foreach (int bus in buses)
            {
                Stamp(can, time);
                BinaryPrimitives.WriteInt32LittleEndian(can.AsSpan(20), random.Next(0, 64));
                can[27] = 8;
                BinaryPrimitives.WriteInt32LittleEndian(can.AsSpan(28), random.Next());
                await writer.WriteAsync(bus, new MessageRef { Sequence = sequence++, LogTimeNs = time, PublishTimeNs = time }, can, default);
            }

            if (step % 20 == 0)
            {
                Stamp(imu, time);
                for (int i = 20; i < 100; i += 8) BinaryPrimitives.WriteDoubleLittleEndian(imu.AsSpan(i), random.NextDouble());
                foreach (int channel in imus) await writer.WriteAsync(channel, new MessageRef { Sequence = sequence++, LogTimeNs = time, PublishTimeNs = time }, imu, default);
            }

            if (step % 200 == 0)
            {
                Stamp(fix, time);
                await writer.WriteAsync(gnss, new MessageRef { Sequence = sequence++, LogTimeNs = time, PublishTimeNs = time }, fix, default);
            }
        }

        await writer.CompleteAsync(default);

        int Add(string topic, MessageSchema schema) => writer.AddChannel(new RecordingChannel(0, topic, "cdr", schema, new Dictionary<string, string>()));
    }

    /// <summary>Encapsulation header, stamp, frame id "bus", fields.</summary>
    private static byte[] Message(int fields)
    {
        byte[] message = new byte[20 + fields];
        message[1] = 1;
        message[12] = 4;
        "bus"u8.CopyTo(message.AsSpan(16));
        return message;
    }

    private static void Stamp(byte[] message, ulong time)
    {
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(4), (int)(time / 1_000_000_000));
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(8), (uint)(time % 1_000_000_000));
    }
}
