using Mesh.Formats.Mcap;
using Xunit;

namespace Mesh.Formats.Tests.Mcap;

/// <summary>Small recordings made by our writer, for tests that damage or re-read them.</summary>
internal static class McapSamples
{
    public const int Messages = 600;

    /// <summary>Three topics, one schemaless, one silent; log times locally out of order; payloads of 0 to 120 bytes that compress.</summary>
    public static async Task<byte[]> WriteAsync(McapWriterOptions? options = null, int messages = Messages, bool extras = true)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var output = new MemoryStream();
        await using var writer = new McapWriter(output, options ?? new McapWriterOptions { ChunkBytes = 4096 });
        ushort schema = writer.AddSchema("demo/Imu", "ros2msg", "float64 x"u8.ToArray());
        ushort imu = writer.AddChannel(schema, "/imu", "cdr", new Dictionary<string, string> { ["qos"] = "best effort" });
        ushort raw = writer.AddChannel(0, "/raw", "");
        writer.AddChannel(schema, "/silent", "cdr");
        if (extras) await writer.WriteMetadataAsync("drive", new Dictionary<string, string> { ["vehicle"] = "V1" }, cancellationToken);
        for (int i = 0; i < messages; i++)
        {
            await writer.WriteMessageAsync(i % 3 == 0 ? raw : imu, (uint)i, LogTime(i), LogTime(i) - 5, Payload(i), cancellationToken);
            if (extras && i == messages / 2) await writer.WriteAttachmentAsync("map.bin", "application/octet-stream", 7, 8, Payload(99), cancellationToken);
        }

        await writer.CompleteAsync(cancellationToken);
        return output.ToArray();
    }

    public static ulong LogTime(int i) => 1_700_000_000_000_000_000UL + (ulong)((i ^ 1) * 1_000_000L);

    public static byte[] Payload(int i)
    {
        byte[] payload = new byte[i % 121];
        for (int at = 0; at < payload.Length; at++) payload[at] = (byte)(i + at / 4);
        return payload;
    }
}
