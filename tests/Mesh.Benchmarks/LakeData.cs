using Mesh.Columnar;

namespace Mesh.Benchmarks;

/// <summary>The kinds of columns that recordings make of the lake, some 32 MB each, always the same.</summary>
internal static class LakeData
{
    private const int BatchRows = 16 << 10;
    private static readonly string[] States = ["driving", "standing", "parking", "charging", "reversing", "unknown", "emergency_braking", "lane_change"];

    /// <summary>Each kind with the aggregate that makes DuckDB read its first column whole.</summary>
    public static IEnumerable<(string Name, string Query, List<RecordBatch> Batches)> Kinds()
    {
        yield return ("floats", "sum(x)", Floats());
        yield return ("timestamps", "sum(epoch_us(x))", Timestamps());
        yield return ("enums", "max(x)", Texts(4 << 20, (random, i) => States[(i / 700 + random.Next(2)) % States.Length]));
        yield return ("strings", "max(x)", Texts(1 << 20, (random, i) => $"vehicle-{random.Next(400):d4}/trip-{i / 3000:d6}/camera_front/{i:x8}"));
        yield return ("blobs", "sum(octet_length(x))", Blobs());
        yield return ("lists", "sum(list_sum(x))", Lists());
    }

    /// <summary>A slow movement with the noise of a sensor, and a reading in steps of a converter.</summary>
    private static List<RecordBatch> Floats()
    {
        var random = new Random(1);
        double value = 20;
        return Batches([new Field("x", DataType.Float64, Nullable: false), new Field("y", DataType.Float64, Nullable: false)], 2 << 20, (rows, i) =>
        {
            value += (random.NextDouble() - 0.5) * 0.01;
            ((FixedWidthBuilder<double>)rows.Children[0]).Append(value + (random.NextDouble() * 1e-4));
            ((FixedWidthBuilder<double>)rows.Children[1]).Append(Math.Round(Math.Sin(i / 5000.0) * 2000 + random.Next(20)) * 0.0125);
        });
    }

    /// <summary>A hundred per second with jitter.</summary>
    private static List<RecordBatch> Timestamps()
    {
        var random = new Random(2);
        long time = 1_700_000_000_000_000;
        return Batches([new Field("x", DataType.TimestampMicros, Nullable: false)], 4 << 20, (rows, i) =>
            ((FixedWidthBuilder<long>)rows.Children[0]).Append(time += 10_000 + random.Next(-40, 40)));
    }

    private static List<RecordBatch> Texts(int count, Func<Random, int, string> text)
    {
        var random = new Random(3);
        return Batches([new Field("x", DataType.Utf8)], count, (rows, i) => ((BinaryBuilder)rows.Children[0]).Append(text(random, i)));
    }

    /// <summary>Point clouds of 64 KiB: coordinates whose high bytes repeat.</summary>
    private static List<RecordBatch> Blobs()
    {
        var random = new Random(4);
        byte[] blob = new byte[64 << 10];
        return Batches([new Field("x", DataType.Binary, Nullable: false)], 512, (rows, i) =>
        {
            for (int at = 0; at < blob.Length; at += sizeof(float)) BitConverter.TryWriteBytes(blob.AsSpan(at), 10 + (random.NextSingle() * 5));
            ((BinaryBuilder)rows.Children[0]).Append(blob);
        });
    }

    /// <summary>Lists of ranges of some twenty floats.</summary>
    private static List<RecordBatch> Lists()
    {
        var random = new Random(5);
        return Batches([new Field("x", new ListType(new Field("element", DataType.Float32, Nullable: false)))], 400_000, (rows, i) =>
        {
            var list = (ListBuilder)rows.Children[0];
            for (int count = random.Next(10, 30); count > 0; count--) ((FixedWidthBuilder<float>)list.Element).Append(MathF.Round(5 + (MathF.Sin(i / 900f) * 3) + random.NextSingle(), 3));
            list.EndList();
        });
    }

    private static List<RecordBatch> Batches(Field[] fields, int count, Action<StructBuilder, int> append)
    {
        var batches = new List<RecordBatch>();
        var rows = new StructBuilder(new StructType(fields));
        for (int i = 0; i < count; i++)
        {
            append(rows, i);
            rows.EndStruct();
            if (rows.Length < BatchRows && i + 1 < count) continue;
            batches.Add(rows.BuildBatch());
            rows = new StructBuilder(new StructType(fields));
        }

        return batches;
    }
}
