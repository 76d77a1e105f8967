using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Reading;

namespace Mesh.Lakehouse;

public sealed partial class TableCatalogue
{
    /// <summary>Sums up what the manifests of a snapshot say of each column. Opens no data file.</summary>
    /// <param name="table">The table, whose current schema it is seen under.</param>
    /// <param name="snapshotId">The snapshot; null for an empty table.</param>
    /// <param name="maxFiles">Files to look at, the oldest first.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH8105</c> no such snapshot; <c>MESH8120</c> a damaged manifest.</exception>
    public async ValueTask<TableProfile> ProfileAsync(Table table, long? snapshotId, int maxFiles, CancellationToken cancellationToken)
    {
        var columns = Leaves(table.Schema.Fields, "").Select(leaf => new ColumnProfile(leaf.Path, leaf.Field)).ToList();
        var places = columns.Select((column, i) => (column.Field.Id, i)).ToDictionary(place => place.Id, place => place.i);
        long files = 0, rows = 0, filesWithDeletes = 0;
        bool isComplete = true;
        if (snapshotId is not null)
        {
            var scan = new ScanOptions { SnapshotId = snapshotId, IncludeMetrics = true, IsRead = false };
            await foreach (var planned in PlanAsync(table.Identifier, scan, cancellationToken).ConfigureAwait(false))
            {
                if (files == maxFiles)
                {
                    isComplete = false;
                    break;
                }

                files++;
                rows += planned.File.RowCount;
                if (planned.Deletes.Count > 0) filesWithDeletes++;
                foreach (var metrics in planned.File.Columns)
                {
                    if (places.TryGetValue(metrics.FieldId, out int place)) columns[place] = Joined(columns[place], metrics);
                }
            }
        }

        return new TableProfile(snapshotId, files, isComplete, filesWithDeletes, rows, [.. columns.Select(column => column with { SilentFiles = files - column.SilentFiles })]);
    }

    // While files are gathered, SilentFiles counts those that tell.
    private static ColumnProfile Joined(ColumnProfile column, ColumnMetrics metrics)
    {
        var type = column.Field.Type;
        return column with
        {
            Values = column.Values + Math.Max(0, metrics.ValueCount),
            Nulls = column.Nulls + Math.Max(0, metrics.NullCount),
            NotNumbers = column.NotNumbers + Math.Max(0, metrics.NanCount),
            Bytes = column.Bytes + Math.Max(0, metrics.ColumnBytes),
            Lower = Extreme(column.Lower, metrics.LowerBound is { } lower ? SingleValues.Decode(lower, type) : null, sign: 1),
            Upper = Extreme(column.Upper, metrics.UpperBound is { } upper ? SingleValues.Decode(upper, type) : null, sign: -1),
            SilentFiles = column.SilentFiles + (metrics.ValueCount >= 0 ? 1 : 0),
        };

        static object? Extreme(object? known, object? next, int sign) =>
            known is null ? next : next is null ? known : sign * SingleValues.Compare(next, known) < 0 ? next : known;
    }

    private static IEnumerable<(string Path, Field Field)> Leaves(IReadOnlyList<Field> fields, string prefix) => fields.SelectMany(field => field.Type switch
    {
        StructType nested => Leaves(nested.Fields, prefix + field.Name + "."),
        ListType list => Leaves([list.Element with { Name = "element" }], prefix + field.Name + "."),
        MapType map => Leaves([map.Key with { Name = "key" }, map.Value with { Name = "value" }], prefix + field.Name + "."),
        _ => [(prefix + field.Name, field)],
    });
}
