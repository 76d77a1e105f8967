using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;
using Mesh.Lakehouse.Iceberg.Metadata;

namespace Mesh.Lakehouse.Reading;

/// <summary>
/// Rules out manifests and files by a condition (Iceberg specification, "Scan Planning"): what partition values say of the columns they are
/// derived from, and what bounds say, becomes one range per column; a bucket is compared with those of the condition's literals.
/// </summary>
internal sealed class FilePruning
{
    private readonly Predicate filter;
    private readonly TableMetadata metadata;
    private readonly Dictionary<string, Field> columns = new(StringComparer.Ordinal);
    private readonly HashSet<int> ids;
    private readonly Dictionary<int, (PartitionLayout Layout, BucketPruning Buckets)> specs = [];

    public FilePruning(TableMetadata metadata, Predicate filter)
    {
        this.metadata = metadata;
        this.filter = filter;
        foreach (string path in FilterColumns.Paths(filter))
        {
            if (FilterColumns.Leaf(metadata.CurrentSchema.Fields, path) is { } leaf) columns[path] = leaf;
        }

        ids = [.. columns.Values.Select(field => field.Id)];
    }

    /// <summary>Whether the metrics of a column play a part.</summary>
    public bool Needs(int fieldId) => ids.Contains(fieldId);

    /// <summary>Whether a manifest may list files with matching rows.</summary>
    public bool MayMatch(ManifestFile manifest)
    {
        var (layout, buckets) = SpecOf(manifest.PartitionSpecId);
        if (layout.Types.Count == 0 || manifest.Partitions.Count != layout.Types.Count) return true;
        var possible = buckets.Restrict(filter, index =>
        {
            var summary = manifest.Partitions[index];
            var lower = summary.LowerBound is null ? null : SingleValues.Decode(summary.LowerBound, layout.Types[index]);
            var upper = summary.UpperBound is null ? null : SingleValues.Decode(summary.UpperBound, layout.Types[index]);
            return (lower as int?, upper as int?);
        });
        return PredicatePruning.MayMatch(possible, path => columns.TryGetValue(path, out var column) ? BoundsIn(manifest, layout, column) : null);
    }

    /// <summary>Whether a file may hold matching rows.</summary>
    public bool MayMatch(DataFile file, int specId)
    {
        var (layout, buckets) = SpecOf(specId);
        var possible = buckets.Restrict(filter, index => file.Partition[index] is int bucket ? (bucket, bucket) : (null, null));
        return PredicatePruning.MayMatch(possible, path => columns.TryGetValue(path, out var column) ? BoundsIn(file, layout, column) : null);
    }

    /// <summary>Whether every row of a file certainly matches. The file comes with its metrics.</summary>
    public bool AllMatch(DataFile file, int specId)
    {
        var layout = SpecOf(specId).Layout;
        ColumnBounds? Bounds(string path) => columns.TryGetValue(path, out var column) ? BoundsIn(file, layout, column) : null;

        // A comparison with an absent value is not false, so its opposite would not find those rows.
        if (FilterColumns.ComparedPaths(filter).Any(path => Bounds(path) is not { NullCount: 0 })) return false;
        return !PredicatePruning.MayMatch(new NotPredicate(filter), Bounds);
    }

    private (PartitionLayout Layout, BucketPruning Buckets) SpecOf(int specId)
    {
        if (specs.TryGetValue(specId, out var spec)) return spec;
        var layout = PartitionLayout.Of(metadata, specId);
        return specs[specId] = (layout, new BucketPruning(layout, filter, columns));
    }

    private static ColumnBounds? BoundsIn(ManifestFile manifest, PartitionLayout layout, Field column)
    {
        var range = new ValueRange(column.Type);
        for (int i = 0; i < layout.Types.Count; i++)
        {
            var field = layout.Spec.Fields[i];
            if (field.SourceId != column.Id || field.Transform is PartitionTransform.Void) continue;
            var summary = manifest.Partitions[i];
            if (!summary.ContainsNull) range.HasNoNulls();
            else if (summary is { LowerBound: null, ContainsNan: false }) range.HasOnlyNulls();
            if (field.Transform == PartitionTransform.Identity && summary.ContainsNan == false) range.HasNoNaN();
            var lower = summary.LowerBound is null ? null : SingleValues.Decode(summary.LowerBound, layout.Types[i]);
            var upper = summary.UpperBound is null ? null : SingleValues.Decode(summary.UpperBound, layout.Types[i]);
            range.Narrow(SourceRange.Min(field, column.Type, lower), SourceRange.Max(field, column.Type, upper));
        }

        return range.ToBounds();
    }

    private static ColumnBounds? BoundsIn(DataFile file, PartitionLayout layout, Field column)
    {
        var range = new ValueRange(column.Type);
        for (int i = 0; i < layout.Types.Count; i++)
        {
            var field = layout.Spec.Fields[i];
            if (field.SourceId != column.Id || field.Transform is PartitionTransform.Void) continue;
            object? value = SingleValues.Widen(file.Partition[i], layout.Types[i]);
            if (value is null) range.HasOnlyNulls();
            else range.HasNoNulls();
            if (value is null or float.NaN or double.NaN) continue;
            range.Narrow(SourceRange.Min(field, column.Type, value), SourceRange.Max(field, column.Type, value));
            if (field.Transform == PartitionTransform.Identity) range.HasNoNaN();
        }

        for (int i = 0; i < file.Columns.Count; i++)
        {
            if (file.Columns[i].FieldId == column.Id) range.Narrow(file.Columns[i]);
        }

        return range.ToBounds();
    }

    /// <summary>What is known of one column, from several places.</summary>
    private struct ValueRange(DataType type)
    {
        private object? min;
        private object? max;
        private long? nulls;
        private long? values;
        private bool isKnown;
        private bool mayHoldNaN = type.Kind is TypeKind.Float32 or TypeKind.Float64;

        public void HasNoNulls() => (nulls, isKnown) = (0, true);

        public void HasOnlyNulls() => (nulls, values, isKnown) = (1, 1, true);

        public void HasNoNaN() => mayHoldNaN = false;

        public void Narrow(object? lower, object? upper)
        {
            if (lower is not null && (min is null || SingleValues.Compare(lower, min) > 0)) min = lower;
            if (upper is not null && (max is null || SingleValues.Compare(upper, max) < 0)) max = upper;
            isKnown |= lower is not null || upper is not null;
        }

        public void Narrow(ColumnMetrics column)
        {
            if (nulls is null && column.NullCount >= 0) nulls = column.NullCount;
            if (values is null && column.ValueCount >= 0) values = column.ValueCount;
            if (column.NanCount == 0) mayHoldNaN = false;
            isKnown |= nulls is not null;
            Narrow(
                column.LowerBound is null ? null : SingleValues.Decode(column.LowerBound, type),
                column.UpperBound is null ? null : SingleValues.Decode(column.UpperBound, type));
        }

        public readonly ColumnBounds? ToBounds() => !isKnown ? null : new ColumnBounds(
            type, min is null ? null : SingleValues.ToVectorBytes(min, type), max is null ? null : SingleValues.ToVectorBytes(max, type), nulls, values, mayHoldNaN);
    }
}
