using System.Buffers.Binary;
using System.Text;
using Mesh.Commands.Recordings;
using Mesh.Formats;
using Mesh.Formats.Mcap;
using Mesh.Formats.Messages;

namespace Mesh.Commands.Tests.Recordings;

/// <summary>Small recordings, and what is in a recording, for tests of the tools.</summary>
internal static class RecordingFiles
{
    public const ulong Start = 1_700_000_000_000_000_000;

    private static readonly byte[] PointDefinition = "float64 x\nint32 n\nstring label\n"u8.ToArray();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>An MCAP file of CDR points, one channel after the other at each time.</summary>
    public static async Task<string> WritePointsAsync(string path, IReadOnlyList<ulong> offsetsMs, params string[] topics)
    {
        await using var file = File.Create(path);
        await using var writer = new McapWriter(file, new McapWriterOptions { ChunkBytes = 512 });
        ushort schema = writer.AddSchema("demo_msgs/msg/Point", "ros2msg", PointDefinition);
        ushort[] ids = [.. topics.Select(topic => writer.AddChannel(schema, topic, "cdr", new Dictionary<string, string> { ["k"] = "v" }))];
        var cdr = new CdrWriter();
        for (int i = 0; i < offsetsMs.Count; i++)
        {
            foreach (ushort id in ids)
            {
                cdr.Reset();
                cdr.Write(i * 0.5);
                cdr.Write(i);
                cdr.Write($"p{i}");
                ulong time = Start + offsetsMs[i] * 1_000_000;
                await writer.WriteMessageAsync(id, (uint)i, time, time + 7, cdr.Written, Cancellation);
            }
        }

        await writer.WriteMetadataAsync("vehicle", new Dictionary<string, string> { ["id"] = "V1" }, Cancellation);
        await writer.WriteAttachmentAsync("notes.txt", "text/plain", Start, Start, Encoding.UTF8.GetBytes("all well"), Cancellation);
        await writer.CompleteAsync(Cancellation);
        return path;
    }

    /// <summary>Every message as text: topic, log time from the start in ms, sequence, payload.</summary>
    public static async Task<List<string>> MessagesAsync(string path, RecordingReaderOptions? options = null)
    {
        var messages = new List<string>();
        await using var reader = await RecordingInput.OpenAsync(path, options ?? new RecordingReaderOptions(), null, Cancellation);
        while (await reader.ReadBlockAsync(Cancellation) is { } block)
        {
            foreach (var message in block.Messages.ToArray())
            {
                messages.Add($"{reader.Channels[message.ChannelIndex].Topic} {((long)message.LogTimeNs - (long)Start) / 1_000_000} {message.Sequence} {Convert.ToHexString(block[message])}");
            }
        }

        reader.Losses.ShouldBeEmpty();
        return messages;
    }

    /// <summary>A column of doubles, as the tables hold it.</summary>
    public static double[] Doubles(ReadOnlySpan<byte> bytes)
    {
        double[] values = new double[bytes.Length / sizeof(double)];
        for (int i = 0; i < values.Length; i++) values[i] = BinaryPrimitives.ReadDoubleLittleEndian(bytes[(i * sizeof(double))..]);
        return values;
    }
}
