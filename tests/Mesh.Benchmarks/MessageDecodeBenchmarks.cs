using BenchmarkDotNet.Attributes;
using Mesh.Columnar;
using Mesh.Formats;
using Mesh.Formats.Messages;

namespace Mesh.Benchmarks;

/// <summary>CDR payloads to columns on one core: runs of messages as a block delivers them, a batch built every 40,000 small messages.</summary>
public class MessageDecodeBenchmarks
{
    public const int Messages = 10_000;
    private const int RunsPerBatch = 4;

    private MessageDecoder decoder = null!;
    private StructBuilder rows = null!;
    private ColumnBuilder[] builders = [];
    private byte[] data = [];
    private MessageRef[] run = [];

    /// <summary>What is decoded; images and point clouds come in runs of 16.</summary>
    [Params("Imu", "NavSatFix", "WheelSpeeds", "TFMessage", "JointState", "Image", "PointCloud2")]
    public string Type { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        var schema = Type == "WheelSpeeds"
            ? new MessageSchema("vehicle/msg/WheelSpeeds", "ros2msg", "std_msgs/Header header\nfloat64[4] speeds"u8.ToArray())
            : Standard(Type == "TFMessage" ? "tf2_msgs/msg/TFMessage" : $"sensor_msgs/msg/{Type}");
        decoder = MessageDecoders.Create("cdr", schema);
        rows = new StructBuilder(decoder.Type);
        builders = [.. rows.Children];
        var writer = new CdrWriter();
        var stream = new MemoryStream();
        run = new MessageRef[Type is "Image" or "PointCloud2" ? 16 : Messages];
        for (int i = 0; i < run.Length; i++)
        {
            writer.Reset();
            Write(writer, i);
            run[i] = new MessageRef(0, 0, 0, 0, (int)stream.Length, writer.Written.Length, 0);
            stream.Write(writer.Written.Span);
        }

        data = stream.ToArray();
        PayloadBytes.Set(typeof(MessageDecodeBenchmarks), data.Length * (long)RunsPerBatch);
    }

    [Benchmark]
    public long DecodeRun()
    {
        for (int i = 0; i < RunsPerBatch; i++)
        {
            int count = decoder.DecodeRun(data, run, builders, out var failure);
            if (failure is not null) throw failure;
            rows.EndStructs(count);
        }

        return rows.BuildBatch().EstimatedBytes;
    }

    private static MessageSchema Standard(string name) => StandardDefinitions.TryGet(name, out var text)
        ? new MessageSchema(name, "ros2msg", text)
        : throw new InvalidOperationException($"No definition of {name}.");

    private void Write(CdrWriter writer, int index)
    {
        if (Type == "TFMessage")
        {
            writer.WriteCount(3);
            for (int i = 0; i < 3; i++)
            {
                Header(writer, index);
                writer.Write("base_link");
                Numbers(writer, 7);
            }

            return;
        }

        Header(writer, index);
        switch (Type)
        {
            case "Imu": Numbers(writer, 37); break;
            case "WheelSpeeds": Numbers(writer, 4); break;
            case "NavSatFix":
                writer.Write((sbyte)0);
                writer.Write((ushort)1);
                Numbers(writer, 12);
                writer.Write((byte)2);
                break;
            case "JointState":
                writer.WriteCount(6);
                for (int i = 0; i < 6; i++) writer.Write($"joint_{i}");
                for (int i = 0; i < 3; i++)
                {
                    writer.WriteCount(6);
                    Numbers(writer, 6);
                }

                break;
            case "Image":
                writer.Write(480u);
                writer.Write(640u);
                writer.Write("rgb8");
                writer.Write((byte)0);
                writer.Write(1920u);
                writer.WriteBytes(new byte[640 * 480 * 3]);
                break;
            case "PointCloud2":
                writer.Write(1u);
                writer.Write(20_000u);
                writer.WriteCount(0);
                writer.Write(false);
                writer.Write(16u);
                writer.Write(320_000u);
                writer.WriteBytes(new byte[320_000]);
                writer.Write(true);
                break;
        }
    }

    private static void Header(CdrWriter writer, int index)
    {
        writer.WriteTime(1_767_600_000_000_000_000 + (index * 10_000_000L));
        writer.Write("sensor_link");
    }

    private static void Numbers(CdrWriter writer, int count)
    {
        for (int i = 0; i < count; i++) writer.Write(i * 0.5);
    }
}
