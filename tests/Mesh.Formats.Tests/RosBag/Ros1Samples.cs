using Mesh.Formats.RosBag;
using Xunit;

namespace Mesh.Formats.Tests.RosBag;

/// <summary>Small bags made by our writer, for tests that damage or re-read them.</summary>
internal static class Ros1Samples
{
    public const int Messages = 600;

    public const string ImuDefinition = """
        Header header
        geometry_msgs/Vector3 rate # rad/s
        float64[9] covariance
        ================================================================================
        MSG: std_msgs/Header
        uint32 seq
        time stamp
        string frame_id
        ================================================================================
        MSG: geometry_msgs/Vector3
        float64 x
        float64 y
        float64 z
        """;

    public static readonly RecordingChannel[] Channels =
    [
        new(0, "/imu", "ros1", new MessageSchema("demo/Imu", "ros1msg", System.Text.Encoding.UTF8.GetBytes(ImuDefinition)), new Dictionary<string, string> { ["callerid"] = "/driver", ["latching"] = "1" }),
        new(1, "/text", "ros1", new MessageSchema("std_msgs/String", "ros1msg", "string data\n"u8.ToArray()), new Dictionary<string, string>()),
        new(2, "/silent", "ros1", new MessageSchema("std_msgs/Empty", "ros1msg", Array.Empty<byte>()), new Dictionary<string, string>()),
    ];

    /// <summary>Three topics, one silent; times locally out of order; payloads of 0 to 120 bytes that compress.</summary>
    public static async Task<byte[]> WriteAsync(Ros1BagCompression compression, int messages = Messages, int chunkBytes = 4096, bool isOrdered = false)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var output = new MemoryStream();
        await using var writer = new Ros1BagWriter(output, new Ros1BagWriterOptions { Compression = compression, ChunkBytes = chunkBytes });
        foreach (var channel in Channels) writer.AddChannel(channel);
        for (int i = 0; i < messages; i++)
        {
            await writer.WriteAsync(i % 3 == 0 ? 1 : 0, new MessageRef { LogTimeNs = LogTime(isOrdered ? i ^ 1 : i) }, Payload(i), cancellationToken);
        }

        await writer.CompleteAsync(cancellationToken);
        return output.ToArray();
    }

    public static ulong LogTime(int i) => 1_700_000_000_000_000_000UL + (ulong)((i ^ 1) * 1_000_000L);

    /// <summary>The number of the message, where there is room, and a pattern.</summary>
    public static byte[] Payload(int i)
    {
        byte[] payload = new byte[i % 121];
        for (int at = 0; at < payload.Length; at++) payload[at] = (byte)(i + at / 4);
        return payload;
    }

    /// <summary>Which message of <see cref="WriteAsync"/> this is.</summary>
    public static int NumberOf(Ros1Reading.ReadMessage message) => (int)((message.LogTimeNs - LogTime(1)) / 1_000_000) ^ 1;
}
