using Mesh.Columnar;
using Mesh.Model;

namespace Mesh.Training.Reference;

/// <summary>
/// Where the signals are in a table of synchronised frames. Inputs may be named after their channels in different ways, so that columns are
/// found by the end of their path: <c>imu.linear_acceleration.x</c>, <c>vehicle_imu.linear_acceleration.x</c> and
/// <c>imu_linear_acceleration_x</c> are all the same signal.
/// </summary>
internal sealed class FrameColumns
{
    /// <summary>Signals in the order of the model's input channels.</summary>
    public static readonly IReadOnlyList<string> Channels =
        ["acceleration_x", "acceleration_y", "acceleration_z", "rotation_x", "rotation_y", "rotation_z", "speed"];

    private static readonly string[][] Endings =
    [
        ["linear_acceleration.x"], ["linear_acceleration.y"], ["linear_acceleration.z"],
        ["angular_velocity.x"], ["angular_velocity.y"], ["angular_velocity.z"],
        ["wheel_speeds.speed", "wheel_speed.speed", "vehicle_speed", "speed", "speed_mps"],
    ];

    /// <summary>Columns by whose values results are told apart, where a table has them as text.</summary>
    public static readonly IReadOnlyList<string> SliceNames = ["vehicle_id", "country", "weather", "road_type", "time_of_day"];

    private static readonly string[] LabelEndings = ["manoeuvre.label", "labels_manoeuvre.label", "manoeuvre.name", "label", "manoeuvre"];

    private readonly int[][] signals;
    private readonly int[] label;
    private readonly int recording;
    private readonly int sequence;
    private readonly int[]?[] slices;

    private FrameColumns(int[][] signals, int[] label, int recording, int sequence, int[]?[] slices)
    {
        this.slices = slices;
        this.signals = signals;
        this.label = label;
        this.recording = recording;
        this.sequence = sequence;
    }

    /// <summary>Top-level columns that hold something wanted; null when the table is no table of synchronised frames.</summary>
    /// <param name="schema">Of the file.</param>
    /// <param name="missing">What was not found.</param>
    public static IReadOnlyList<string>? FindNeeded(Schema schema, out string missing) =>
        Find(schema, out missing) is not { } found
            ? null
            : [.. found.signals.Append(found.label).Concat(found.slices.OfType<int[]>()).Select(path => path[0]).Append(found.recording).Append(found.sequence).Distinct().Order()
                .Select(index => schema.Fields[index].Name)];

    /// <summary>Finds the columns; null when one is missing.</summary>
    public static FrameColumns? Find(Schema schema, out string missing)
    {
        var leaves = new List<(string Path, int[] Indexes, DataType Type)>();
        Collect(schema.Fields, "", [], leaves);
        int recording = schema.IndexOf("recording_id");
        int sequence = schema.IndexOf("sequence");
        var absent = new List<string>();
        if (recording < 0) absent.Add("recording_id");
        if (sequence < 0) absent.Add("sequence");

        var signals = new int[Endings.Length][];
        for (int i = 0; i < signals.Length; i++)
        {
            signals[i] = Match(leaves, Endings[i], IsNumber)!;
            if (signals[i] is null) absent.Add($"{Channels[i]} (…{Endings[i][0]})");
        }

        int[]? label = Match(leaves, LabelEndings, type => type.Kind == TypeKind.Utf8);
        if (label is null) absent.Add("the manoeuvre label (…manoeuvre.label, text)");
        missing = string.Join(", ", absent);
        int[]?[] slices = [.. SliceNames.Select(name => Match(leaves, [name], type => type.Kind == TypeKind.Utf8))];
        return absent.Count == 0 ? new FrameColumns(signals, label!, recording, sequence, slices) : null;
    }

    /// <summary>Identity of each row's recording.</summary>
    public ColumnVector RecordingOf(RecordBatch batch) => batch.Columns[recording];

    /// <summary>Number of each row's frame in its recording.</summary>
    public ReadOnlySpan<long> SequenceOf(RecordBatch batch) => batch.Columns[sequence].Type.Kind == TypeKind.Int64
        ? batch.Columns[sequence].Values<long>()
        : throw new MeshException("MESH9101", $"Column 'sequence' is {batch.Columns[sequence].Type}, expected a 64-bit integer.");

    /// <summary>Fills a signal's values; NaN where the sample is missing.</summary>
    public void ReadSignal(RecordBatch batch, int channel, Span<float> values)
    {
        var leaf = Follow(batch, signals[channel], values.Length, out bool[]? absent);
        switch (leaf.Type.Kind)
        {
            case TypeKind.Float64:
                var doubles = leaf.Values<double>();
                for (int i = 0; i < values.Length; i++) values[i] = (float)doubles[i];
                break;
            case TypeKind.Float32:
                leaf.Values<float>().CopyTo(values);
                break;
            case TypeKind.Int32:
                var ints = leaf.Values<int>();
                for (int i = 0; i < values.Length; i++) values[i] = ints[i];
                break;
            default:
                var longs = leaf.Values<long>();
                for (int i = 0; i < values.Length; i++) values[i] = longs[i];
                break;
        }

        if (absent is null) return;
        for (int i = 0; i < values.Length; i++)
        {
            if (absent[i]) values[i] = float.NaN;
        }
    }

    /// <summary>The label column and which rows have none.</summary>
    public ColumnVector LabelOf(RecordBatch batch, out bool[]? absent) => Follow(batch, label, batch.Length, out absent);

    /// <summary>A column of slices and which rows have no value; null when the table has no such column.</summary>
    public ColumnVector? SliceOf(RecordBatch batch, int slice, out bool[]? absent)
    {
        absent = null;
        return slices[slice] is { } path ? Follow(batch, path, batch.Length, out absent) : null;
    }

    // A value is absent when it or any struct around it is.
    private static ColumnVector Follow(RecordBatch batch, int[] path, int length, out bool[]? absent)
    {
        absent = null;
        var column = batch.Columns[path[0]];
        for (int depth = 0; ; depth++)
        {
            if (column.NullCount > 0)
            {
                absent ??= new bool[length];
                for (int i = 0; i < length; i++) absent[i] |= column.IsNull(i);
            }

            if (depth + 1 == path.Length) return column;
            column = column.Children[path[depth + 1]];
        }
    }

    private static void Collect(IReadOnlyList<Field> fields, string prefix, int[] indexes, List<(string Path, int[] Indexes, DataType Type)> leaves)
    {
        for (int i = 0; i < fields.Count; i++)
        {
            string path = prefix + fields[i].Name.ToLowerInvariant();
            int[] here = [.. indexes, i];
            if (fields[i].Type is StructType nested) Collect(nested.Fields, path + ".", here, leaves);
            else leaves.Add((path, here, fields[i].Type));
        }
    }

    private static int[]? Match(List<(string Path, int[] Indexes, DataType Type)> leaves, string[] endings, Func<DataType, bool> accepts)
    {
        foreach (string ending in endings)
        {
            string flat = ending.Replace('.', '_');
            foreach (var (path, indexes, type) in leaves)
            {
                string flatPath = path.Replace('.', '_');
                bool ends = flatPath.EndsWith(flat, StringComparison.Ordinal)
                    && (flatPath.Length == flat.Length || flatPath[flatPath.Length - flat.Length - 1] == '_');
                if (ends && accepts(type)) return indexes;
            }
        }

        return null;
    }

    private static bool IsNumber(DataType type) => type.Kind is TypeKind.Float32 or TypeKind.Float64 or TypeKind.Int32 or TypeKind.Int64;
}
