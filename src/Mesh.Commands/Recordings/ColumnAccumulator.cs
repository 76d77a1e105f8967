using Mesh.Columnar;

namespace Mesh.Commands.Recordings;

/// <summary>Running statistics of a column (Welford's update, which stays exact where a sum of squares cancels and never overflows in the mean).</summary>
internal sealed class ColumnAccumulator(ulong binNs, string? description)
{
    /// <summary>Bins kept per column: a wrong clock cannot fill the memory. What would need more is in the totals only.</summary>
    private const int MaxBins = 100_000;

    private readonly SortedDictionary<long, Bin> bins = [];
    private long count;
    private long nulls;
    private long notFinite;
    private long present;
    private double mean;
    private double squares;
    private double min = double.PositiveInfinity;
    private double max = double.NegativeInfinity;
    private double first;
    private double last;

    public void Add(ColumnVector column, ReadOnlySpan<long> timesNs)
    {
        for (int i = 0; i < column.Length; i++)
        {
            if (column.IsNull(i))
            {
                nulls++;
                continue;
            }

            present++;
            if (!TryGetNumber(column, i, out double value)) continue;
            if (!double.IsFinite(value))
            {
                notFinite++;
                continue;
            }

            if (count == 0) first = value;
            last = value;
            count++;
            double delta = value - mean;
            mean += (value / count) - (mean / count);
            squares += delta * (value - mean);
            min = Math.Min(min, value);
            max = Math.Max(max, value);
            if (binNs > 0) AddToBin(timesNs[i], value);
        }
    }

    public ColumnStatistics ToStatistics(string topic, string column) => new(
        topic, column, description, present, nulls, notFinite, OrNull(min), OrNull(max), OrNull(mean), SpreadOrNull(), OrNull(first), OrNull(last),
        [.. bins.Select(bin => new StatisticsBin(bin.Key, bin.Value.Count, bin.Value.Min, bin.Value.Max, bin.Value.Mean))]);

    // The squares of values near the largest double have no place in one.
    private double? SpreadOrNull() => count > 1 && double.IsFinite(squares) ? Math.Sqrt(squares / (count - 1)) : null;

    private double? OrNull(double value) => count > 0 ? value : null;

    private void AddToBin(long timeNs, double value)
    {
        long start = timeNs - (timeNs % (long)binNs);
        if (!bins.TryGetValue(start, out var bin))
        {
            if (bins.Count >= MaxBins) return;
            bins.Add(start, bin = new Bin());
        }

        bin.Count++;
        bin.Mean += (value / bin.Count) - (bin.Mean / bin.Count);
        bin.Min = Math.Min(bin.Min, value);
        bin.Max = Math.Max(bin.Max, value);
    }

    private static bool TryGetNumber(ColumnVector column, int index, out double value)
    {
        switch (column.Type.Kind)
        {
            case TypeKind.Boolean: value = column.GetBoolean(index) ? 1 : 0; return true;
            case TypeKind.Int32: value = column.Values<int>()[index]; return true;
            case TypeKind.Int64: value = column.Values<long>()[index]; return true;
            case TypeKind.Float32: value = column.Values<float>()[index]; return true;
            case TypeKind.Float64: value = column.Values<double>()[index]; return true;
            case TypeKind.Decimal128: value = (double)column.Values<Int128>()[index] / Math.Pow(10, ((DecimalType)column.Type).Scale); return true;
            default: value = 0; return false;
        }
    }

    private sealed class Bin
    {
        public long Count { get; set; }

        public double Mean { get; set; }

        public double Min { get; set; } = double.PositiveInfinity;

        public double Max { get; set; } = double.NegativeInfinity;
    }
}
