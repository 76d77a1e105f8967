using System.Text;
using Mesh.Columnar;
using Mesh.Faults.Tests.Support;
using Mesh.Formats;
using Mesh.Formats.Mcap;
using Mesh.Formats.Mdf4;
using Mesh.Formats.Messages;
using Mesh.Formats.Ros2Bag;
using Mesh.Formats.RosBag;
using Mesh.Testing;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>Writes contents as recordings, and damages them as told.</summary>
internal static class RecordingMaker
{
    private const string Fields = "int64 index\nint64 token\nfloat64 value\nstring text\n";
    private static readonly Dictionary<string, string> NoMetadata = [];

    /// <summary>Makes a recording.</summary>
    /// <param name="content">What is in it.</param>
    /// <param name="path">Where it shall lie.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task WriteAsync(Content content, string path, CancellationToken cancellationToken)
    {
        var random = new Random(unchecked((content.Seed * 7919) + content.Number));
        switch (content.Fault)
        {
            case ContentFault.Nonsense:
                byte[] noise = new byte[1 + random.Next(50_000)];
                random.NextBytes(noise);
                noise[0] = 1;
                await File.WriteAllBytesAsync(path, noise, cancellationToken);
                return;
            case ContentFault.ZipBomb:
                await File.WriteAllBytesAsync(path, Raw(content).Chunk("zstd", RawMcap.ZstdOfZeros(300), 1 << 20).End(), cancellationToken);
                return;
            case ContentFault.AbsurdLength:
                await File.WriteAllBytesAsync(path, Raw(content).Record(McapOpcode.Message, [1, 2, 3], 1UL << 63).End(), cancellationToken);
                return;
            case ContentFault.BadCrc:
                await File.WriteAllBytesAsync(path, Raw(content).Chunk("", RawMcap.Inside().Message(1, 0, (ulong)content.StartNs, [1, 2, 3]).ToArray(), 34, crc: 0xdeadbeef).End(), cancellationToken);
                return;
        }

        if (content.Format == ContentFormat.Mdf4) await WriteMdfAsync(content, path, cancellationToken);
        else if (content.Format == ContentFormat.Ros2Bag) await WriteRos2BagAsync(content, path, cancellationToken);
        else
        {
            await using var file = File.Create(path);
            await using RecordingWriter writer = content.Format == ContentFormat.Ros1Bag
                ? new Ros1BagWriter(file, new Ros1BagWriterOptions { ChunkBytes = 8 << 10 })
                : new McapRecordingWriter(file, new McapWriterOptions { ChunkBytes = 8 << 10 });
            await WriteMessagesAsync(content, writer, cancellationToken);
        }

        await DamageAsync(content, path, random, cancellationToken);
    }

    /// <summary>Messages in the order in which they are recorded, with the time that the vehicle's clock showed.</summary>
    private static IEnumerable<(string Channel, long Index, ulong LogTimeNs, ulong PublishTimeNs)> Messages(Content content)
    {
        var every = content.Counts.ToDictionary(channel => channel.Key, channel => content.Counts[Content.Left] / channel.Value);
        long ticks = content.Counts[Content.Left];
        for (long tick = 0; tick < ticks; tick++)
        {
            foreach (string channel in content.Counts.Keys)
            {
                if (tick % every[channel] != 0) continue;
                long index = tick / every[channel], time = tick * Content.TickNs;
                bool late = tick * 2 >= ticks;
                time += content.Fault switch
                {
                    ContentFault.ClockDrift => time / 10_000 * 3,
                    ContentFault.ClockJump when late => 3_600_000_000_000,
                    ContentFault.ClockStepBack when late => -ticks * Content.TickNs / 4,
                    _ => 0,
                };
                ulong log = content.Fault == ContentFault.TimeBeyond && content.IsPoison(channel, index) ? 1UL << 63 : (ulong)(content.StartNs + time);
                yield return (channel, index, log, content.Fault == ContentFault.NoPublishTime ? 0 : log);
            }
        }
    }

    private static async Task WriteMessagesAsync(Content content, RecordingWriter writer, CancellationToken cancellationToken)
    {
        bool ros1 = content.Format == ContentFormat.Ros1Bag;
        var schemas = new Dictionary<(string, bool), int>();
        foreach (var (channel, index, log, publish) in Messages(content))
        {
            bool second = content.IsSecondSchema(channel, index);
            if (!schemas.TryGetValue((channel, second), out int id)) id = schemas[(channel, second)] = writer.AddChannel(ChannelOf(schemas.Count, channel, second, ros1));
            ReadOnlyMemory<byte> payload = PayloadOf(content, channel, index, ros1 ? new Ros1Writer() : new CdrWriter());
            if (content.Fault == ContentFault.BrokenPayloads && content.IsPoison(channel, index)) payload = payload[..^5];
            await writer.WriteAsync(id, new MessageRef(0, (uint)index, log, publish, 0, payload.Length, 0), payload, cancellationToken);
        }

        await writer.CompleteAsync(cancellationToken);
    }

    private static RecordingChannel ChannelOf(int index, string channel, bool second, bool ros1)
    {
        byte[] text = Encoding.UTF8.GetBytes(second ? Fields + "int64 extra\n" : Fields);
        if (channel == Content.Strange) return new RecordingChannel(index, channel, "cdr", new MessageSchema("mesh_faults/msg/Strange", "ros2msg", "this is } no schema"u8.ToArray()), NoMetadata);
        return ros1
            ? new RecordingChannel(index, channel, "ros1", new MessageSchema("mesh_faults/Reading", "ros1msg", text), NoMetadata)
            : new RecordingChannel(index, channel, "cdr", new MessageSchema("mesh_faults/msg/Reading", "ros2msg", text), NoMetadata);
    }

    private static ReadOnlyMemory<byte> PayloadOf(Content content, string channel, long index, PayloadWriter writer)
    {
        long token = content.TokenOf(channel, index);
        writer.Write(index);
        writer.Write(token);
        writer.Write(Derived.Value(token));
        writer.Write(content.TextOf(channel, index));
        if (content.IsSecondSchema(channel, index)) writer.Write(Derived.Extra(token));
        return writer.Written;
    }

    /// <summary>An unchunked MCAP file with a few good messages, to which a test adds what is wrong.</summary>
    private static RawMcap Raw(Content content)
    {
        var file = RawMcap.Begin().Schema(1, "mesh_faults/msg/Reading", "ros2msg", Fields);
        ushort id = 0;
        foreach (string channel in content.Counts.Keys) file.Channel(++id, 1, channel);
        var ids = content.Counts.Keys.ToList();
        foreach (var (channel, index, log, _) in Messages(content))
        {
            file.Message((ushort)(ids.IndexOf(channel) + 1), (uint)index, log, PayloadOf(content, channel, index, new CdrWriter()).Span);
        }

        return file;
    }

    private static async Task WriteRos2BagAsync(Content content, string path, CancellationToken cancellationToken)
    {
        string folder = path + ".bag";
        await using (var writer = Ros2BagWriter.Create(folder)) await WriteMessagesAsync(content, writer, cancellationToken);
        File.Move(Path.Combine(folder, Path.GetFileName(folder) + "_0.db3"), path, overwrite: true);
        Directory.Delete(folder, recursive: true);
    }

    private static async Task WriteMdfAsync(Content content, string path, CancellationToken cancellationToken)
    {
        var type = new StructType(
        [
            new Field("index", DataType.Int64, Nullable: false), new Field("token", DataType.Int64, Nullable: false),
            new Field("value", DataType.Float64, Nullable: false), new Field("text", DataType.Utf8, Nullable: false),
        ]);
        await using var file = File.Create(path);
        await using var writer = new Mdf4ColumnWriter(file, new Mdf4WriterOptions { StartTimeNs = (ulong)content.StartNs, Clock = new ManualTimeProvider(DateTimeOffset.UnixEpoch), BlockBytes = 16 << 10, Parallelism = 1 });
        var messages = Messages(content).ToLookup(message => message.Channel);
        foreach (string channel in content.Counts.Keys)
        {
            int group = writer.AddGroup(channel, type);
            var columns = type.Fields.Select(field => ColumnBuilder.Create(field.Type)).ToArray();
            var times = new List<long>();
            foreach (var message in messages[channel])
            {
                long token = content.TokenOf(channel, message.Index);
                times.Add((long)message.LogTimeNs);
                ((FixedWidthBuilder<long>)columns[0]).Append(message.Index);
                ((FixedWidthBuilder<long>)columns[1]).Append(token);
                ((FixedWidthBuilder<double>)columns[2]).Append(Derived.Value(token));
                ((BinaryBuilder)columns[3]).Append(content.TextOf(channel, message.Index));
            }

            await writer.WriteAsync(group, times.ToArray(), [.. columns.Select(column => column.Build())], cancellationToken);
        }

        await writer.CompleteAsync(cancellationToken);
    }

    private static async Task DamageAsync(Content content, string path, Random random, CancellationToken cancellationToken)
    {
        if (!content.IsDamaged) return;
        byte[] bytes = await File.ReadAllBytesAsync(path, cancellationToken);
        switch (content.Fault)
        {
            case ContentFault.Truncated:
                bytes = bytes[..random.Next(bytes.Length / 5, bytes.Length)];
                break;
            case ContentFault.Flipped:
                for (int flips = random.Next(1, 4); flips > 0; flips--) bytes[random.Next(8, bytes.Length)] ^= (byte)(1 << random.Next(8));
                break;
            case ContentFault.ZeroTail:
                bytes.AsSpan(random.Next(bytes.Length / 5, bytes.Length)).Clear();
                break;
            case ContentFault.Unfinalised:
                // MDF 4.1, ID block: the file identifier says so, and the flag that cycle counters may be wrong.
                "UnFinMF "u8.CopyTo(bytes);
                bytes[60] = 1;
                break;
        }

        await File.WriteAllBytesAsync(path, bytes, cancellationToken);
    }
}
