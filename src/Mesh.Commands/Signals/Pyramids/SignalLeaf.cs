using System.Globalization;
using Mesh.Columnar;

namespace Mesh.Commands.Signals.Pyramids;

/// <summary>A place in a table's rows that makes a signal: a number, truth value or text outside of lists, or a number of a small list.</summary>
/// <param name="Path">Path of the column.</param>
/// <param name="Kind">How it is drawn.</param>
/// <param name="Unit">Unit; null when nobody says.</param>
/// <param name="Steps">Index of the top-level column, then of the field in each struct.</param>
/// <param name="Element">Index in the list; -1 outside of lists.</param>
internal sealed record SignalLeaf(string Path, SignalKind Kind, string? Unit, IReadOnlyList<int> Steps, int Element = -1)
{
    /// <summary>Longest list whose elements are signals: covariances have 9, quaternions 4; a point cloud has no signals.</summary>
    public const int MaxElements = 16;

    /// <summary>Most signals of a table's rows; columns behind them are none.</summary>
    public const int MaxLeaves = 1024;

    private const int MaxDepth = 16;
    private const int MaxUnitLength = 16;

    // Who and when a row is, not what was measured.
    private static readonly HashSet<string> System = new(StringComparer.Ordinal) { "recording_id", "vehicle_id", "channel", "sequence", "log_time", "log_time_ns", "publish_time_ns", "time_ns" };

    /// <summary>The column that says when a row was, exact; null when rows have no time.</summary>
    public static string? TimeColumn(Schema schema) => new[] { "log_time_ns", "time_ns" }.FirstOrDefault(name => schema.IndexOf(name) is >= 0 and var index && schema.Fields[index].Type.Kind == TypeKind.Int64);

    /// <summary>The signals of rows under a schema.</summary>
    public static IReadOnlyList<SignalLeaf> Find(Schema schema)
    {
        var leaves = new List<SignalLeaf>();
        for (int i = 0; i < schema.Fields.Count; i++)
        {
            if (!System.Contains(schema.Fields[i].Name)) Collect(schema.Fields[i], schema.Fields[i].Name, [i], leaves);
        }

        return leaves;
    }

    private static void Collect(Field field, string path, int[] steps, List<SignalLeaf> leaves)
    {
        if (leaves.Count >= MaxLeaves || steps.Length > MaxDepth) return;
        switch (field.Type)
        {
            case StructType group when !IsTime(group):
                for (int i = 0; i < group.Fields.Count; i++)
                {
                    if (group.Fields[i].Name != "time_ns") Collect(group.Fields[i], $"{path}.{group.Fields[i].Name}", [.. steps, i], leaves);
                }

                break;
            case ListType list when IsNumber(list.Element.Type):
                for (int i = 0; i < MaxElements && leaves.Count < MaxLeaves; i++)
                {
                    leaves.Add(new SignalLeaf(string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), SignalKind.Number, UnitOf(field, path), steps, i));
                }

                break;
            case { } type when IsNumber(type):
                leaves.Add(new SignalLeaf(path, SignalKind.Number, UnitOf(field, path), steps));
                break;
            case { Kind: TypeKind.Boolean }:
                leaves.Add(new SignalLeaf(path, SignalKind.Bool, null, steps));
                break;
            case { Kind: TypeKind.Utf8 }:
                leaves.Add(new SignalLeaf(path, SignalKind.Text, null, steps));
                break;
        }
    }

    /// <summary>The column and those above it; null when the rows do not have it.</summary>
    public ColumnVector[] Resolve(RecordBatch batch)
    {
        var chain = new ColumnVector[Steps.Count];
        chain[0] = batch.Columns[Steps[0]];
        for (int i = 1; i < chain.Length; i++) chain[i] = chain[i - 1].Children[Steps[i]];
        return chain;
    }

    /// <summary>Whether a row has no value: it is absent, or a struct above it is.</summary>
    public static bool IsAbsent(ColumnVector[] chain, int row)
    {
        foreach (var column in chain)
        {
            if (column.IsNull(row)) return true;
        }

        return false;
    }

    /// <summary>The numbers of some rows, NaN where there is none.</summary>
    /// <returns>False when the rows' lists have more elements than are signals.</returns>
    public bool Read(ColumnVector[] chain, ReadOnlySpan<int> rows, Span<double> values)
    {
        var column = chain[^1];
        if (Element < 0)
        {
            for (int i = 0; i < rows.Length; i++) values[i] = IsAbsent(chain, rows[i]) ? double.NaN : NumberAt(column, rows[i]);
            return true;
        }

        var offsets = column.Offsets;
        var elements = column.Children[0];
        for (int i = 0; i < rows.Length; i++)
        {
            values[i] = double.NaN;
            if (IsAbsent(chain, rows[i])) continue;
            int at = offsets[rows[i]], count = offsets[rows[i] + 1] - at;
            if (count > MaxElements) return false;
            if (Element < count && !elements.IsNull(at + Element)) values[i] = NumberAt(elements, at + Element);
        }

        return true;
    }

    private static double NumberAt(ColumnVector column, int index) => column.Type.Kind switch
    {
        TypeKind.Int32 => column.Values<int>()[index],
        TypeKind.Int64 => column.Values<long>()[index],
        TypeKind.Float16 => (double)column.Values<Half>()[index],
        TypeKind.Float32 => column.Values<float>()[index],
        TypeKind.Float64 => column.Values<double>()[index],
        _ => (double)column.Values<Int128>()[index] / Math.Pow(10, ((DecimalType)column.Type).Scale),
    };

    private static bool IsNumber(DataType type) => type.Kind is TypeKind.Int32 or TypeKind.Int64 or TypeKind.Float16 or TypeKind.Float32 or TypeKind.Float64 or TypeKind.Decimal128;

    /// <summary>Whether a struct is a point in time, as ROS 2, ROS 1 and Protobuf write them.</summary>
    private static bool IsTime(StructType group) =>
        group.Fields is [{ Name: "sec", Type.Kind: TypeKind.Int32 or TypeKind.Int64 }, { Name: "nanosec" }] or [{ Name: "secs" }, { Name: "nsecs" }] or [{ Name: "seconds" }, { Name: "nanos" }];

    /// <summary>The unit that the schema says, else the one that the standard messages of robots define for the name.</summary>
    private static string? UnitOf(Field field, string path)
    {
        if (field.Doc is { Length: > 0 and <= MaxUnitLength } unit) return unit;
        if (path.EndsWith("_ns", StringComparison.Ordinal)) return "ns";
        foreach (string part in path.Split('.', '['))
        {
            switch (part)
            {
                case "linear_acceleration": return "m/s²";
                case "angular_velocity": return "rad/s";
                case "latitude" or "longitude": return "°";
                case "altitude": return "m";
            }
        }

        return null;
    }
}
