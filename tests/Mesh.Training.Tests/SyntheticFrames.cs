using System.Security.Cryptography;
using System.Text;
using Mesh.Columnar;
using Mesh.Columnar.Parquet;

namespace Mesh.Training.Tests;

/// <summary>Drives as a table of synchronised frames: 10 Hz, one struct per input, manoeuvres of two to six seconds with plausible signals.</summary>
internal static class SyntheticFrames
{
    public static readonly string[] Manoeuvres = ["accelerate", "brake", "cruise", "stop", "turn_left", "turn_right"];

    private static readonly StructType Vector = new([new("x", DataType.Float64), new("y", DataType.Float64), new("z", DataType.Float64)]);

    public static readonly Schema Schema = new(
    [
        new("recording_id", DataType.Utf8, Nullable: false, Id: 1),
        new("vehicle_id", DataType.Utf8, Nullable: false, Id: 2),
        new("sequence", DataType.Int64, Nullable: false, Id: 3),
        new("time_ns", DataType.Int64, Nullable: false, Id: 4),
        new("imu", new StructType([new("linear_acceleration", Vector), new("angular_velocity", Vector), .. Matching()])),
        new("wheel_speeds", new StructType([new("speed", DataType.Float64), .. Matching()])),
        new("labels_manoeuvre", new StructType([new("label", DataType.Utf8), new("class_id", DataType.Int32), .. Matching()])),
    ]);

    /// <summary>Ingest id of the recording of a number.</summary>
    public static string RecordingId(int number) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"recording {number}")));

    /// <summary>One recording.</summary>
    /// <param name="recording">Number of the recording; decides everything random.</param>
    /// <param name="frames">Length.</param>
    /// <param name="missingShare">Share of frames without an IMU sample.</param>
    /// <param name="wrongShare">Share of manoeuvres whose label is another's, as poisoned data has them.</param>
    public static RecordBatch Make(int recording, int frames, double missingShare = 0, double wrongShare = 0)
    {
        var random = new Random(recording * 7919 + 1);
        var poison = new Random(recording);
        string written = "cruise";
        var builder = new StructBuilder(Schema.AsStruct());
        double speed = 10;
        string label = "cruise";
        int left = 0;
        for (int i = 0; i < frames; i++)
        {
            if (left-- == 0)
            {
                label = Manoeuvres[random.Next(Manoeuvres.Length)];
                left = random.Next(20, 60);
                written = poison.NextDouble() < wrongShare ? Manoeuvres[poison.Next(Manoeuvres.Length)] : label;
            }

            var (acceleration, yawRate) = label switch
            {
                "accelerate" => (1.5, 0.0),
                "brake" => (-2.5, 0.0),
                "turn_left" => (0.0, 0.3),
                "turn_right" => (0.0, -0.3),
                _ => (0.0, 0.0),
            };
            speed = label == "stop" ? 0 : Math.Clamp(speed + acceleration * 0.1, 3, 30);
            bool missing = random.NextDouble() < missingShare;
            AppendFrame(builder, recording, i, missing, written,
            [
                acceleration + Noise(0.5), yawRate * speed + Noise(0.5), 9.81 + Noise(0.3),
                Noise(0.02), Noise(0.02), yawRate + Noise(0.05), speed + Noise(0.2),
            ]);
        }

        return builder.BuildBatch();

        double Noise(double amount) => (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2 * amount;
    }

    /// <summary>Writes a file and gives its size.</summary>
    public static async Task<long> WriteAsync(string path, params RecordBatch[] batches) => (await SummariseAsync(path, batches)).FileBytes;

    /// <summary>Writes batches and tells what the lake keeps about the file.</summary>
    public static async Task<ParquetFileSummary> SummariseAsync(string path, params RecordBatch[] batches)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await using var stream = File.Create(path);
        await using var writer = new ParquetWriter(stream, batches[0].Schema, new ParquetWriterOptions { Compression = ParquetCompression.None });
        foreach (var batch in batches) await writer.WriteAsync(batch, TestContext.Current.CancellationToken);
        return await writer.CompleteAsync(TestContext.Current.CancellationToken);
    }

    private static Field[] Matching() =>
    [
        new("time_ns", DataType.Int64), new("match_error_ns", DataType.Int64), new("policy", DataType.Utf8),
        new("interpolated", DataType.Boolean), new("missing_reason", DataType.Utf8),
    ];

    private static void AppendFrame(StructBuilder row, int recording, int frame, bool missing, string label, ReadOnlySpan<double> signals)
    {
        long time = 1_700_000_000_000_000_000 + frame * 100_000_000L;
        ((BinaryBuilder)row.Children[0]).Append(RecordingId(recording));
        ((BinaryBuilder)row.Children[1]).Append($"V{recording}");
        ((FixedWidthBuilder<long>)row.Children[2]).Append(frame);
        ((FixedWidthBuilder<long>)row.Children[3]).Append(time);
        var imu = (StructBuilder)row.Children[4];
        if (missing)
        {
            foreach (var child in imu.Children.Take(6)) child.AppendNull();
            ((BinaryBuilder)imu.Children[6]).Append("too_old");
            imu.EndStruct();
        }
        else
        {
            AppendVector((StructBuilder)imu.Children[0], signals[..3]);
            AppendVector((StructBuilder)imu.Children[1], signals[3..6]);
            EndMatched(imu, 2, time);
        }

        var speeds = (StructBuilder)row.Children[5];
        ((FixedWidthBuilder<double>)speeds.Children[0]).Append(signals[6]);
        EndMatched(speeds, 1, time);
        var labels = (StructBuilder)row.Children[6];
        ((BinaryBuilder)labels.Children[0]).Append(label);
        ((FixedWidthBuilder<int>)labels.Children[1]).Append(Array.IndexOf(Manoeuvres, label));
        EndMatched(labels, 2, time);
        row.EndStruct();
    }

    private static void AppendVector(StructBuilder vector, ReadOnlySpan<double> values)
    {
        for (int i = 0; i < 3; i++) ((FixedWidthBuilder<double>)vector.Children[i]).Append(values[i]);
        vector.EndStruct();
    }

    private static void EndMatched(StructBuilder input, int first, long time)
    {
        ((FixedWidthBuilder<long>)input.Children[first]).Append(time);
        ((FixedWidthBuilder<long>)input.Children[first + 1]).Append(1000);
        ((BinaryBuilder)input.Children[first + 2]).Append("linear");
        ((BooleanBuilder)input.Children[first + 3]).Append(true);
        input.Children[first + 4].AppendNull();
        input.EndStruct();
    }
}
