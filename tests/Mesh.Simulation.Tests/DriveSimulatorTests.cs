using System.IO.Compression;
using System.Buffers.Binary;
using Mesh.Model;

namespace Mesh.Simulation.Tests;

public sealed class DriveSimulatorTests
{
    private static readonly DriveOptions Minute = new() { Seed = 7 };

    [Theory]
    [InlineData(DriveSchema.Ros2)]
    [InlineData(DriveSchema.Protobuf)]
    public void Every_channel_has_its_rate_and_log_times_never_go_back(DriveSchema schema)
    {
        var drive = new DriveSimulator(new DriveOptions { Schema = schema, Duration = TimeSpan.FromSeconds(10) });
        var counts = new uint[drive.Channels.Count];
        long last = 0;
        foreach (var message in drive.Run())
        {
            message.LogTimeNs.ShouldBeGreaterThanOrEqualTo(last);
            message.PublishTimeNs.ShouldBeLessThanOrEqualTo(message.LogTimeNs);
            message.Sequence.ShouldBe(counts[message.Channel]++);
            message.Payload.IsEmpty.ShouldBeFalse();
            last = message.LogTimeNs;
        }

        drive.Channels.Zip(counts).ToDictionary(pair => pair.First.Topic, pair => pair.Second).ShouldBe(new Dictionary<string, uint>
        {
            ["/imu"] = 1000, ["/gnss/fix"] = 100, ["/wheel_speeds"] = 500, ["/camera/front"] = 100, ["/lidar/top"] = 100, ["/steering"] = 500,
            ["/labels/manoeuvre"] = 100,
        });
    }

    [Fact]
    public void The_same_options_give_the_same_messages_and_another_vehicle_or_seed_others()
    {
        string first = Digest(Minute);
        Digest(Minute).ShouldBe(first);
        Digest(Minute with { Seed = 8 }).ShouldNotBe(first);
        Digest(Minute with { VehicleId = "V2" }).ShouldNotBe(first);

        static string Digest(DriveOptions options)
        {
            using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
            foreach (var message in new DriveSimulator(options with { Duration = TimeSpan.FromSeconds(5) }).Run())
            {
                hash.AppendData(BitConverter.GetBytes(message.LogTimeNs));
                hash.AppendData(message.Payload.Span);
            }

            return Convert.ToHexString(hash.GetHashAndReset());
        }
    }

    [Fact]
    public void A_drive_is_the_same_on_every_machine()
    {
        // Fixed numbers: they change only when the simulation is changed on purpose, never with runtime, CPU or libraries.
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        foreach (var message in new DriveSimulator(new DriveOptions { Seed = 42, Duration = TimeSpan.FromSeconds(20) }).Run()) hash.AppendData(message.Payload.Span);
        Convert.ToHexStringLower(hash.GetHashAndReset())[..16].ShouldBe("1bcdfb37aeb84304");
    }

    [Fact]
    public void The_gyroscope_integrates_to_the_heading_and_the_wheels_to_the_distance()
    {
        var signals = DriveSignals.Of(Minute);
        double yaw = signals.Values("/imu", "angular_velocity", "z").Sum(rate => rate - signals.Drive.YawRateBias) * 0.01;
        yaw.ShouldBe(signals.Drive.HeadingChange, tolerance: 0.05);
        double distance = signals.Values("/wheel_speeds", "speed").Sum() * 0.02;
        (distance / signals.Drive.DistanceMetres).ShouldBe(1, tolerance: 0.05);
        signals.Drive.DistanceMetres.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void Positions_lie_where_speed_and_heading_lead()
    {
        var signals = DriveSignals.Of(Minute);
        double[] latitude = signals.Values("/gnss/fix", "latitude"), longitude = signals.Values("/gnss/fix", "longitude");
        double east = (longitude[^1] - longitude[0]) * 111_195 * Math.Cos(latitude[0] * Math.PI / 180), north = (latitude[^1] - latitude[0]) * 111_195;
        Math.Sqrt(east * east + north * north).ShouldBeLessThan(signals.Drive.DistanceMetres + 10);

        double path = 0;
        for (int i = 10; i < latitude.Length; i += 10)
        {
            double dx = (longitude[i] - longitude[i - 10]) * 111_195 * Math.Cos(latitude[i] * Math.PI / 180), dy = (latitude[i] - latitude[i - 10]) * 111_195;
            path += Math.Sqrt(dx * dx + dy * dy);
        }

        (path / signals.Drive.DistanceMetres).ShouldBe(1, tolerance: 0.15);
    }

    [Fact]
    public void At_rest_the_accelerometer_shows_gravity_and_the_wheels_stand()
    {
        var signals = DriveSignals.Of(Minute);
        var rest = signals.Drive.Segments.First(segment => segment.Label == "standstill");
        double[] up = signals.Values("/imu", "linear_acceleration", "z");
        int samples = (int)((rest.EndNs - rest.StartNs) / 10_000_000) - 20;
        up.Take(samples).Average().ShouldBe(9.81, tolerance: 0.3);
        signals.Values("/wheel_speeds", "speed")[0].ShouldBe(0);
    }

    [Fact]
    public void Stamps_follow_each_sensors_clock_and_arrival_its_latency()
    {
        var signals = DriveSignals.Of(Minute);
        foreach (var channel in signals.Drive.Channels)
        {
            var clock = channel.Clock;
            var messages = signals.Messages[channel.Topic];
            for (int i = 0; i < messages.Count; i++)
            {
                // Sent two fifths of the latency after the sample.
                long sample = messages[i].PublishTimeNs - clock.LatencyNs * 2 / 5;
                signals.StampsNs[channel.Topic][i].ShouldBe(clock.StampNs(sample, Minute.StartTimeNs), channel.Topic);
                (messages[i].LogTimeNs - sample).ShouldBeInRange(clock.LatencyNs, clock.LatencyNs + 6 * clock.JitterNs + 1, channel.Topic);
            }
        }

        signals.Drive.Channels.Count(channel => channel.Clock.DriftPpm != 0).ShouldBe(5);
    }

    [Fact]
    public void Segments_cover_the_drive_and_labels_agree_with_them()
    {
        var signals = DriveSignals.Of(Minute);
        var segments = signals.Drive.Segments;
        segments[0].StartNs.ShouldBe(Minute.StartTimeNs);
        segments[^1].EndNs.ShouldBe(Minute.StartTimeNs + 60_000_000_000);
        for (int i = 1; i < segments.Count; i++)
        {
            segments[i].StartNs.ShouldBe(segments[i - 1].EndNs);
            segments[i].Label.ShouldNotBe(segments[i - 1].Label);
        }

        var labels = signals.Batches["/labels/manoeuvre"];
        for (int i = 0; i < labels.Length; i++)
        {
            long time = signals.StampsNs["/labels/manoeuvre"][i];
            string label = labels["label"].GetString(i);
            label.ShouldBe(segments.Single(segment => time >= segment.StartNs && time < segment.EndNs).Label);
            labels["class_id"].Values<int>()[i].ShouldBe(ManoeuvreLabels.All.ToList().IndexOf(label));
        }
    }

    [Fact]
    public void Camera_frames_are_png_files_with_right_checksums_that_change_while_driving()
    {
        var images = DriveSignals.Of(Minute with { Duration = TimeSpan.FromSeconds(20) }).Batches["/camera/front"]["data"];
        byte[]? previous = null;
        int changed = 0;
        for (int i = 0; i < images.Length; i++)
        {
            byte[] pixels = Png(images.GetBytes(i).ToArray(), 160, 90);
            if (previous is not null && !pixels.AsSpan().SequenceEqual(previous)) changed++;
            previous = pixels;
        }

        changed.ShouldBeGreaterThan(images.Length / 2);
        var odd = DriveSignals.Of(new DriveOptions { Duration = TimeSpan.FromSeconds(1), CameraWidth = 333, CameraHeight = 47 }).Batches["/camera/front"]["data"];
        Png(odd.GetBytes(0).ToArray(), 333, 47).Distinct().Count().ShouldBeGreaterThan(10);
    }

    [Fact]
    public void Lidar_sweeps_hold_points_within_range()
    {
        var cloud = DriveSignals.Of(new DriveOptions { Duration = TimeSpan.FromSeconds(2) }).Batches["/lidar/top"];
        cloud.Length.ShouldBe(20);
        for (int i = 0; i < cloud.Length; i++)
        {
            var data = cloud["data"].GetBytes(i);
            data.Length.ShouldBe((int)cloud["width"].Values<long>()[i] * 16);
            cloud["width"].Values<long>()[i].ShouldBeInRange(1000, 2000);
            var floats = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(data);
            for (int p = 0; p < floats.Length; p += 4)
            {
                double range = Math.Sqrt(floats[p] * floats[p] + floats[p + 1] * floats[p + 1] + floats[p + 2] * floats[p + 2]);
                range.ShouldBeInRange(1, 81);
                floats[p + 2].ShouldBeInRange(-2.2f, 10);
            }
        }
    }

    [Theory]
    [InlineData(0, 160, "Duration")]
    [InlineData(10, 8, "CameraWidth")]
    public void Options_out_of_range_are_refused_by_name(int seconds, int width, string option)
    {
        var error = Should.Throw<MeshException>(() => new DriveSimulator(new DriveOptions { Duration = TimeSpan.FromSeconds(seconds), CameraWidth = width }));
        error.Code.ShouldBe("MESH11050");
        error.Message.ShouldContain(option);
    }

    /// <summary>Checks a PNG's structure and gives its unfiltered pixels.</summary>
    private static byte[] Png(byte[] file, int width, int height)
    {
        file.AsSpan(0, 8).ToArray().ShouldBe([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        var data = new MemoryStream();
        string last = "";
        for (int at = 8; at < file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            last = System.Text.Encoding.ASCII.GetString(file, at + 4, 4);
            BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at + 8 + length)).ShouldBe(Crc(file.AsSpan(at + 4, length + 4)), last);
            if (last == "IHDR") (BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at + 8)), BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at + 12))).ShouldBe((width, height));
            if (last == "IDAT") data.Write(file, at + 8, length);
            at += 12 + length;
        }

        last.ShouldBe("IEND");
        data.Position = 0;
        var inflated = new MemoryStream();
        // Throws on a wrong Adler-32.
        using (var zlib = new ZLibStream(data, CompressionMode.Decompress)) zlib.CopyTo(inflated);
        byte[] lines = inflated.ToArray();
        lines.Length.ShouldBe(height * (width + 1));
        byte[] pixels = new byte[height * width];
        for (int y = 0; y < height; y++)
        {
            lines[y * (width + 1)].ShouldBe((byte)2);
            for (int x = 0; x < width; x++) pixels[y * width + x] = (byte)(lines[y * (width + 1) + 1 + x] + (y == 0 ? 0 : pixels[(y - 1) * width + x]));
        }

        return pixels;
    }

    private static uint Crc(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
        }

        return ~crc;
    }
}
