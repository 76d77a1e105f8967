using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Rows;

namespace Mesh.Partition;

/// <summary>Splits the rows of a batch by the values of its table's partition fields.</summary>
internal static class PartitionSplit
{
    /// <summary>The parts with their partition values, in order of first appearance; a batch of one partition comes back uncopied.</summary>
    public static IReadOnlyList<(IReadOnlyList<object?> Values, RecordBatch Rows)> Split(RecordBatch batch, IReadOnlyList<PartitionField> by)
    {
        if (batch.Length == 0) return [];
        var sources = by.Select(field => batch[field.SourceColumn]).ToArray();
        if (IsOnePartition(sources, by, batch.Length)) return [(ValuesAt(sources, by, 0), batch)];

        var rowsOf = new Dictionary<IReadOnlyList<object?>, List<RowRef>>(ValueListComparer.Instance);
        for (int row = 0; row < batch.Length; row++)
        {
            var values = ValuesAt(sources, by, row);
            if (!rowsOf.TryGetValue(values, out var rows)) rowsOf.Add(values, rows = []);
            rows.Add(new RowRef(0, row));
        }

        return [.. rowsOf.Select(pair => (pair.Key, RowGather.Take([batch], [.. pair.Value])))];
    }

    private static object?[] ValuesAt(ColumnVector[] sources, IReadOnlyList<PartitionField> by, int row)
    {
        var values = new object?[by.Count];
        for (int i = 0; i < values.Length; i++) values[i] = PartitionTransforms.Apply(by[i], sources[i], row);
        return values;
    }

    // Nearly every batch lies within one day and one vehicle: two comparisons instead of a boxed value per row.
    private static bool IsOnePartition(ColumnVector[] sources, IReadOnlyList<PartitionField> by, int length)
    {
        for (int i = 0; i < sources.Length; i++)
        {
            var source = sources[i];
            if (source.NullCount > 0 && source.NullCount < length) return false;
            if (source.NullCount == length) continue;
            switch (source.Type.Kind)
            {
                case TypeKind.Int64 or TypeKind.TimestampMicros when by[i].Transform != PartitionTransform.Bucket:
                    // These transforms never decrease, so equal values at both ends mean equal values between.
                    var (min, max) = Extremes(source.Values<long>());
                    if (!Equals(PartitionTransforms.Apply(by[i], source, min), PartitionTransforms.Apply(by[i], source, max))) return false;
                    break;
                case TypeKind.Utf8 or TypeKind.Binary:
                    if (!IsConstant(source)) return false;
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    private static (int Min, int Max) Extremes(ReadOnlySpan<long> values)
    {
        int min = 0, max = 0;
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] < values[min]) min = i;
            if (values[i] > values[max]) max = i;
        }

        return (min, max);
    }

    private static bool IsConstant(ColumnVector source)
    {
        var first = source.GetBytes(0);
        for (int i = 1; i < source.Length; i++)
        {
            if (!source.GetBytes(i).SequenceEqual(first)) return false;
        }

        return true;
    }

    internal sealed class ValueListComparer : IEqualityComparer<IReadOnlyList<object?>>
    {
        public static readonly ValueListComparer Instance = new();

        public bool Equals(IReadOnlyList<object?>? x, IReadOnlyList<object?>? y) => x is not null && y is not null && x.SequenceEqual(y);

        public int GetHashCode(IReadOnlyList<object?> values)
        {
            var hash = default(HashCode);
            foreach (object? value in values) hash.Add(value);
            return hash.ToHashCode();
        }
    }
}
