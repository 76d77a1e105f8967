using System.Text;
using Mesh.Columnar;

namespace Mesh.Commands.Tests.Signals;

/// <summary>Rows as decoding makes them, of two channels: irregular times, gaps of values and of time, one-sample spikes, a truth value, a text, a small list.</summary>
internal sealed class SignalRowsOf
{
    public const string Left = "/imu/left";
    public const string Right = "/imu/right, front";

    public static Schema Schema { get; } = new(
    [
        new Field("recording_id", DataType.Utf8, Nullable: false, Id: 1),
        new Field("vehicle_id", DataType.Utf8, Nullable: false, Id: 2),
        new Field("channel", DataType.Utf8, Nullable: false, Id: 3),
        new Field("sequence", DataType.Int64, Nullable: false, Id: 4),
        new Field("log_time_ns", DataType.Int64, Nullable: false, Id: 5),
        new Field("header", new StructType([new Field("stamp", new StructType([new Field("sec", DataType.Int32, Id: 8), new Field("nanosec", DataType.Int64, Id: 9)]), Id: 7)]), Id: 6),
        new Field("linear_acceleration", new StructType([new Field("x", DataType.Float64, Id: 11), new Field("y", DataType.Float32, Id: 12)]), Id: 10),
        new Field("brake", DataType.Boolean, Id: 13),
        new Field("gear", DataType.Utf8, Id: 14),
        new Field("covariance", new ListType(new Field("element", DataType.Float64, Id: 16)), Id: 15),
        new Field("constant", DataType.Int32, Id: 17),
    ]);

    private readonly Random random;
    private long time;
    private double walk;

    public SignalRowsOf(int seed, long startNs = 1_767_600_000_123_456_789)
    {
        random = new Random(seed);
        time = startNs;
    }

    public List<long> Times { get; } = [];

    public List<string> Channels { get; } = [];

    /// <summary>NaN where absent.</summary>
    public List<double> X { get; } = [];

    public List<bool?> Brake { get; } = [];

    public List<string?> Gear { get; } = [];

    /// <summary>Adds rows that go on where the last ones ended.</summary>
    public void Add(int count)
    {
        for (int i = 0; i < count; i++)
        {
            time += random.Next(20) switch { 0 => 0, 1 => random.Next(1, 30_000_000), _ => 1_000_000 + random.Next(-200_000, 200_000) };
            if (random.Next(5_000) == 0) time += 3_000_000_000L;
            walk += random.NextDouble() - 0.5;
            Times.Add(time);
            Channels.Add(random.Next(3) == 0 ? Right : Left);
            X.Add(random.Next(40) switch { 0 => double.NaN, 1 when random.Next(100) == 0 => walk * 1000, _ => walk });
            Brake.Add(random.Next(50) == 0 ? null : (Times.Count / 700) % 2 == 0);
            Gear.Add(random.Next(90) == 0 ? null : "PRND"[Times.Count / 1100 % 4].ToString());
        }
    }

    /// <summary>Rows as a batch of a table whose schema was made of <see cref="Schema"/>, with ids of its own.</summary>
    public RecordBatch Batch(Schema schema, string recording, int from, int count)
    {
        ColumnVector[] columns =
        [
            Texts(count, _ => recording), Texts(count, _ => "V1"), Texts(count, i => Channels[from + i]), Longs(count, i => from + i), Longs(count, i => Times[from + i]),
            Group(schema.Fields[5].Type, count, Group(((StructType)schema.Fields[5].Type).Fields[0].Type, count, Ints(count, i => i), Longs(count, i => i))),
            Group(schema.Fields[6].Type, count, Doubles(count, i => X[from + i]), Floats(count, i => (float)X[from + i])),
            Flags(count, i => Brake[from + i]), Texts(count, i => Gear[from + i]), Lists(schema.Fields[9].Type, count), Ints(count, _ => 7),
        ];
        return new RecordBatch(schema, count, columns);
    }

    /// <summary>Samples of a channel with a value: times and values in order.</summary>
    public (long[] Times, double[] Values) Of(string channel)
    {
        var rows = Enumerable.Range(0, Times.Count).Where(i => Channels[i] == channel && !double.IsNaN(X[i])).ToArray();
        return ([.. rows.Select(i => Times[i])], [.. rows.Select(i => X[i])]);
    }

    private static ColumnVector Texts(int count, Func<int, string?> text)
    {
        var builder = new BinaryBuilder(DataType.Utf8);
        for (int i = 0; i < count; i++)
        {
            if (text(i) is { } value) builder.Append(Encoding.UTF8.GetBytes(value));
            else builder.AppendNull();
        }

        return builder.Build();
    }

    private static ColumnVector Longs(int count, Func<int, long> value)
    {
        var builder = new FixedWidthBuilder<long>(DataType.Int64);
        for (int i = 0; i < count; i++) builder.Append(value(i));
        return builder.Build();
    }

    private static ColumnVector Ints(int count, Func<int, int> value)
    {
        var builder = new FixedWidthBuilder<int>(DataType.Int32);
        for (int i = 0; i < count; i++) builder.Append(value(i));
        return builder.Build();
    }

    // Half of the gaps are absent values, half are no numbers: both are gaps.
    private static ColumnVector Doubles(int count, Func<int, double> value)
    {
        var builder = new FixedWidthBuilder<double>(DataType.Float64);
        for (int i = 0; i < count; i++)
        {
            if (double.IsNaN(value(i)) && (i & 1) == 0) builder.AppendNull();
            else builder.Append(value(i));
        }

        return builder.Build();
    }

    private static ColumnVector Floats(int count, Func<int, float> value)
    {
        var builder = new FixedWidthBuilder<float>(DataType.Float32);
        for (int i = 0; i < count; i++) builder.Append(value(i));
        return builder.Build();
    }

    private static ColumnVector Flags(int count, Func<int, bool?> value)
    {
        var builder = new BooleanBuilder();
        for (int i = 0; i < count; i++)
        {
            if (value(i) is { } flag) builder.Append(flag);
            else builder.AppendNull();
        }

        return builder.Build();
    }

    private static ColumnVector Group(DataType type, int count, params ColumnVector[] children) => new() { Type = type, Length = count, Children = children };

    private static ColumnVector Lists(DataType type, int count)
    {
        var elements = new FixedWidthBuilder<double>(DataType.Float64);
        int[] offsets = new int[count + 1];
        for (int i = 0; i < count; i++)
        {
            elements.Append(0.04);
            elements.Append(i);
            offsets[i + 1] = offsets[i] + 2;
        }

        return new ColumnVector
        {
            Type = type, Length = count, OffsetBytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(offsets.AsSpan()).ToArray(), Children = [elements.Build()],
        };
    }
}
