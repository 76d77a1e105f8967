using System.Buffers.Binary;
using System.Text;
using Mesh.Columnar;
using Mesh.Formats;
using Mesh.Formats.Mcap;
using Mesh.Formats.Mdf4;
using Mesh.Formats.Ros2Bag;
using Mesh.Formats.RosBag;
using Mesh.Formats.Tests.Bus;
using Mesh.Formats.Tests.Mdf3;
using Mesh.Model;
using Mesh.Simulation;

namespace Mesh.Fuzz;

/// <summary>Small recordings of each format, so that there is something to mutate where no real files are.</summary>
public static class GeneratedSamples
{
    private const string Ros1Text = "uint32 n\nstring text\nfloat64[] values\ntime stamp\n";
    private static readonly IReadOnlyDictionary<string, string> NoMetadata = new Dictionary<string, string>();

    /// <summary>A simulated drive.</summary>
    public static async Task<FuzzSample> McapAsync(McapCompression compression, DriveSchema schema, int chunkBytes = 8 << 10)
    {
        using var stream = new MemoryStream();
        await using (var writer = new McapRecordingWriter(stream, new McapWriterOptions { Compression = compression, ChunkBytes = chunkBytes }))
        {
            await WriteDriveAsync(writer, schema);
            await writer.WriteAttachmentAsync(new RecordingAttachment("notes.txt", "text/plain", 1, 2, 5, 0), "notes"u8.ToArray(), default);
            await writer.WriteMetadataAsync(new RecordingMetadata("drive", new Dictionary<string, string> { ["vehicle"] = "V1" }), default);
            await writer.CompleteAsync(default);
        }

        return new FuzzSample($"drive-{compression}-{schema}.mcap", stream.ToArray());
    }

    /// <summary>A ROS 1 bag.</summary>
    public static async Task<FuzzSample> Ros1BagAsync(Ros1BagCompression compression)
    {
        using var stream = new MemoryStream();
        await using (var writer = new Ros1BagWriter(stream, new Ros1BagWriterOptions { Compression = compression, ChunkBytes = 2048 }))
        {
            int channel = writer.AddChannel(new RecordingChannel(0, "/thing", "ros1", new MessageSchema("demo/Thing", "ros1msg", Encoding.UTF8.GetBytes(Ros1Text)), NoMetadata));
            for (int i = 0; i < 150; i++)
            {
                byte[] payload = [.. Four(i), .. Four(5), .. "hello"u8, .. Four(2), .. new byte[16], .. Four(i), .. Four(0)];
                await writer.WriteAsync(channel, new MessageRef(0, (uint)i, 1_700_000_000_000_000_000UL + (ulong)(i * 1_000_000), 0, 0, 0, 0), payload, default);
            }

            await writer.CompleteAsync(default);
        }

        return new FuzzSample($"things-{compression}.bag", stream.ToArray());
    }

    /// <summary>A ROS 2 bag with its <c>metadata.yaml</c>.</summary>
    public static async Task<FuzzSample> Ros2BagAsync()
    {
        var folder = Directory.CreateTempSubdirectory("mesh-fuzz-");
        try
        {
            string path = Path.Combine(folder.FullName, "drive");
            await using (var writer = Ros2BagWriter.Create(path))
            {
                await WriteDriveAsync(writer, DriveSchema.Ros2, milliseconds: 300);
                await writer.CompleteAsync(default);
            }

            string file = Directory.EnumerateFiles(path, "*.db3").Single();
            var sample = new FuzzSample(Path.GetFileName(file), await File.ReadAllBytesAsync(file));
            return sample with { Beside = sample.Beside.Add("metadata.yaml", await File.ReadAllBytesAsync(Path.Combine(path, "metadata.yaml"))) };
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The numbers and texts of a drive as MDF 4.</summary>
    public static async Task<FuzzSample> Mdf4Async(Mdf4Compression compression)
    {
        using var stream = new MemoryStream();
        await using (var writer = new Mdf4ColumnWriter(stream, new Mdf4WriterOptions { Compression = compression, BlockBytes = 4 << 10 }))
        {
            foreach (var batch in await DriveBatchesAsync())
            {
                // Lists have no place in a record.
                int[] flat = [.. Enumerable.Range(0, batch.Fields.Columns.Count).Where(i => batch.Fields.Columns[i].Type.Kind is not (TypeKind.List or TypeKind.Struct))];
                if (flat.Length == 0) continue;
                int group = writer.AddGroup(batch.Channel.Topic, new StructType([.. flat.Select(i => batch.Fields.Schema.Fields[i])]));
                await writer.WriteAsync(group, batch.LogTimesNs.Values<long>().ToArray(), [.. flat.Select(i => batch.Fields.Columns[i])], default);
            }

            await writer.WriteAttachmentAsync(new RecordingAttachment("notes.txt", "text/plain", 1, 2, 5, 0), "notes"u8.ToArray(), default);
            await writer.CompleteAsync(default);
        }

        return new FuzzSample($"drive-{compression}.mf4", stream.ToArray());
    }

    /// <summary>The first rows of each channel of a drive.</summary>
    public static async Task<IReadOnlyList<ColumnBatch>> DriveBatchesAsync()
    {
        var mcap = await McapAsync(McapCompression.None, DriveSchema.Ros2);
        await using var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(mcap.Bytes, mcap.Name), default);
        List<ColumnBatch> batches = [];
        await foreach (var batch in new RecordingColumns(reader, new RecordingColumnsOptions { BatchRows = 60 }).ReadAsync(default)) batches.Add(batch);
        return [.. batches.DistinctBy(batch => batch.Channel.Topic)];
    }

    /// <summary>Two groups of MDF 3, one of them with a conversion.</summary>
    public static FuzzSample Mdf3(int version, bool isBig)
    {
        const int Records = 50;
        var builder = new Mdf3FileBuilder(version, isBig);
        int header = builder.Header(localNs: 1_700_000_000_000_000_000);
        int text = builder.Text("a longer name of this signal");
        int linear = builder.Numbers(0, 1, 0.5);
        int signal = builder.Channel(0, "speed", 64, 16, 0, conversion: linear, longName: text);
        int time = builder.Channel(signal, "t", 0, 64, 3, isMaster: true);
        int group = builder.ChannelGroup(0, time, 10, Records);
        int data = builder.Position;
        for (int i = 0; i < Records; i++)
        {
            builder.Float64(i * 0.01);
            builder.UInt16(i);
        }

        builder.SetUInt32(header + 4, builder.DataGroup(0, group, data));
        return new FuzzSample($"builder-{version}-{(isBig ? "big" : "little")}.mdf", builder.ToArray());
    }

    /// <summary>CAN frames in BLF.</summary>
    public static FuzzSample Blf(int containerBytes, bool isCompressed)
    {
        var writer = new BlfWriter();
        for (int i = 0; i < 200; i++) writer.Add(1, (ulong)i * 1_000_000, BlfWriter.CanMessage((ushort)(1 + (i % 2)), (uint)(0x100 + (i % 5)), [1, 2, 3, (byte)i]));
        return new FuzzSample($"frames-{containerBytes}-{isCompressed}.blf", writer.ToFile(containerBytes, isCompressed));
    }

    /// <summary>Frames of some identifiers in ASC.</summary>
    public static FuzzSample Asc(params uint[] ids)
    {
        var text = new StringBuilder("date Sat Sep 30 15:06:13.191 2017\nbase hex  timestamps absolute\ninternal events logged\nBegin Triggerblock Sat Sep 30 15:06:13.191 2017\n   0.000000 Start of measurement\n");
        for (int i = 0; i < Math.Max(40, ids.Length * 3); i++)
        {
            uint id = ids.Length == 0 ? (uint)(0x100 + (i % 7)) : ids[i % ids.Length];
            string identifier = (id & 0x8000_0000) != 0 ? $"{id & 0x1FFF_FFFF:X}x" : $"{id & 0x7FF:X}";
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"   {i / 100.0:0.000000} {1 + (i % 2)}  {identifier}  Rx   d 8 {i & 255:X2} {i * 7 & 255:X2} 03 04 FF {i * 31 & 255:X2} 80 08  Length = 1\n");
        }

        text.Append("   1.000000 CANFD   1 Rx        300                                   1 0 8  8 11 c2 03 04 05 06 07 08   102203  133   303000 e0006659 46500250 4b140250 20011736 2001040d\nEnd TriggerBlock\n");
        return new FuzzSample("frames.asc", Encoding.ASCII.GetBytes(text.ToString()));
    }

    /// <summary>Frames in TRC 1.1.</summary>
    public static FuzzSample Trc()
    {
        var text = new StringBuilder(";$FILEVERSION=1.1\n;$STARTTIME=41231.6372662037\n;\n");
        for (int i = 1; i <= 60; i++) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{i,6})  {i * 10.5,10:0.0}  Rx     {i % 9 * 0x101:X4}  8  01 02 03 04 {i & 255:X2} 06 07 08\n");
        return new FuzzSample("frames.trc", Encoding.ASCII.GetBytes(text.ToString()));
    }

    private static async Task WriteDriveAsync(RecordingWriter writer, DriveSchema schema, int milliseconds = 600)
    {
        var drive = new DriveSimulator(new DriveOptions { Duration = TimeSpan.FromMilliseconds(milliseconds), Schema = schema, CameraWidth = 16, CameraHeight = 16, LidarPoints = 24 });
        int[] channels = [.. drive.Channels.Select(channel => writer.AddChannel(new RecordingChannel(0, channel.Topic, channel.MessageEncoding, channel.Schema, NoMetadata)))];
        foreach (var message in drive.Run())
        {
            await writer.WriteAsync(channels[message.Channel], new MessageRef(0, message.Sequence, (ulong)message.LogTimeNs, (ulong)message.PublishTimeNs, 0, 0, 0), message.Payload, default);
        }
    }

    private static byte[] Four(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }
}
