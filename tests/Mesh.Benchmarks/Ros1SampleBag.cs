using System.Buffers.Binary;
using Mesh.Formats;
using Mesh.Formats.RosBag;

namespace Mesh.Benchmarks;

/// <summary>A drive as ROS 1 messages, the same whenever it is written: 8 buses at 1 kHz and, if asked for, camera and lidar at 10 Hz.</summary>
internal static class Ros1SampleBag
{
    private const int Buses = 8;
    private const int BusHz = 1000;
    private const ulong StartNs = 1_700_000_000_000_000_000;

    /// <summary>Length of the drive that reading is measured on, in seconds; bzip2 sets the limit.</summary>
    public const int Seconds = 20;

    public static async Task WriteAsync(Stream output, Ros1BagCompression compression, int seconds, bool bigMessages)
    {
        await using var writer = new Ros1BagWriter(output, new Ros1BagWriterOptions { Compression = compression });
        var frame = new MessageSchema("demo/Frame", "ros1msg", "uint32 id\nuint8[] data\n"u8.ToArray());
        var blob = new MessageSchema("demo/Blob", "ros1msg", "uint8[] data\n"u8.ToArray());
        int[] buses = [.. Enumerable.Range(0, Buses).Select(bus => writer.AddChannel(new RecordingChannel(0, $"/can{bus}", "ros1", frame, new Dictionary<string, string>())))];
        int camera = writer.AddChannel(new RecordingChannel(0, "/camera", "ros1", blob, new Dictionary<string, string>()));
        int lidar = writer.AddChannel(new RecordingChannel(0, "/lidar", "ros1", blob, new Dictionary<string, string>()));
        var random = new Random(7);

        // A camera frame is compressed already; a lidar sweep is half noise.
        byte[] image = Blob(random, 100_000, noisy: 1), sweep = Blob(random, 200_000, noisy: 0.5), bytes = new byte[40];
        for (int i = 0; i < seconds * BusHz; i++)
        {
            ulong time = StartNs + (ulong)i * 1_000_000;
            for (int bus = 0; bus < Buses; bus++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(bytes, random.Next(64));
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), 32);
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), i);
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(20), random.Next(1 << 16));
                await writer.WriteAsync(buses[bus], new MessageRef { LogTimeNs = time + (ulong)bus }, bytes, default);
            }

            if (!bigMessages || i % 100 != 0) continue;
            await writer.WriteAsync(camera, new MessageRef { LogTimeNs = time + 10 }, image, default);
            await writer.WriteAsync(lidar, new MessageRef { LogTimeNs = time + 11 }, sweep, default);
        }

        await writer.CompleteAsync(default);
    }

    /// <summary>Writes the three bags that peers are timed on.</summary>
    public static async Task WriteAllAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var compression in Enum.GetValues<Ros1BagCompression>())
        {
            await using var output = File.Create(Path.Combine(folder, $"{compression.ToString().ToLowerInvariant()}.bag"));
            await WriteAsync(output, compression, Seconds, bigMessages: true);
        }
    }

    private static byte[] Blob(Random random, int length, double noisy)
    {
        byte[] blob = new byte[length];
        BinaryPrimitives.WriteInt32LittleEndian(blob, length - 4);
        random.NextBytes(blob.AsSpan(4, (int)((length - 4) * noisy)));
        return blob;
    }
}
