using Mesh.Formats.Mcap;

namespace Mesh.Benchmarks;

/// <summary>A bus log in memory: four CAN buses at 2 kHz, four IMUs at 100 Hz, GNSS at 10 Hz; two million messages of 50 bytes on average in four minutes.</summary>
internal static class SampleBus
{
    public static async Task<byte[]> WriteAsync(McapCompression compression, int seconds)
    {
        using var output = new MemoryStream();
        await using var writer = new McapWriter(output, new McapWriterOptions { Compression = compression });
        ushort frame = writer.AddSchema("can_msgs/msg/Frame", "ros2msg", "uint32 id"u8.ToArray()), state = writer.AddSchema("sensor_msgs/msg/Imu", "ros2msg", "float64 x"u8.ToArray());
        ushort[] buses = [.. Enumerable.Range(0, 4).Select(i => writer.AddChannel(frame, $"/can{i}", "cdr"))];
        ushort[] imus = [.. Enumerable.Range(0, 4).Select(i => writer.AddChannel(state, $"/imu{i}", "cdr"))];
        ushort gnss = writer.AddChannel(state, "/gnss", "cdr");
        byte[] can = new byte[36], imu = new byte[324], fix = new byte[120];
        var random = new Random(1);
        uint sequence = 0;
        for (int step = 0; step < seconds * 2000; step++)
        {
            ulong time = 1_700_000_000_000_000_000UL + ((ulong)step * 500_000UL);
            foreach (ushort bus in buses)
            {
                BitConverter.TryWriteBytes(can.AsSpan(4), time);
                BitConverter.TryWriteBytes(can.AsSpan(16), random.Next(0, 64));
                BitConverter.TryWriteBytes(can.AsSpan(24), (ulong)random.Next());
                await writer.WriteMessageAsync(bus, sequence++, time, time, can, default);
            }

            if (step % 20 == 0)
            {
                for (int i = 24; i < 104; i += 8) BitConverter.TryWriteBytes(imu.AsSpan(i), random.NextDouble());
                foreach (ushort channel in imus) await writer.WriteMessageAsync(channel, sequence++, time, time, imu, default);
            }

            if (step % 200 == 0) await writer.WriteMessageAsync(gnss, sequence++, time, time, fix, default);
        }

        await writer.CompleteAsync(default);
        return output.ToArray();
    }
}
