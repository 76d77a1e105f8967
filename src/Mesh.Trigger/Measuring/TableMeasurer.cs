using Mesh.Columnar;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;

namespace Mesh.Trigger.Measuring;

/// <summary>
/// Takes measures from a table's files, those of a snapshot at a time. Files that the filter rules out are not opened; a file whose partition says
/// the one value that all of its rows have is not either. Rows that deletes have removed do not count.
/// </summary>
/// <param name="tables">The tables.</param>
internal sealed class TableMeasurer(TableCatalogue tables) : IRangeMeasurer
{
    /// <inheritdoc/>
    public async ValueTask<long> FindBeforeAsync(TableIdentifier table, long snapshotId, CancellationToken cancellationToken)
    {
        var loaded = await tables.FindAsync(table, cancellationToken).ConfigureAwait(false);
        var byId = loaded?.Snapshots.ToDictionary(snapshot => snapshot.SnapshotId) ?? [];
        long id = snapshotId;
        while (byId.TryGetValue(id, out var snapshot) && !snapshot.BringsRows) id = snapshot.ParentSnapshotId ?? 0;
        return id;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyDictionary<Measure, IReadOnlyList<MeasuredValue>>> MeasureAsync(
        TableIdentifier table, long afterSnapshotId, long toSnapshotId, TriggerFilter? filter, IReadOnlyList<Measure> measures, CancellationToken cancellationToken)
    {
        var loaded = await tables.LoadAsync(table, cancellationToken).ConfigureAwait(false);
        string[] columns =
        [
            .. measures.SelectMany(measure => measure.Columns)
                .Select(path => ColumnReader.TopLevel(loaded.Schema, path)?.Name ?? throw ColumnReader.Missing(loaded.Schema, path)).Distinct(),
        ];
        var tallies = measures.ToDictionary(measure => measure, _ => new SortedDictionary<long, Tally>());
        var options = new ScanOptions { AfterSnapshotId = afterSnapshotId == 0 ? null : afterSnapshotId, SnapshotId = toSnapshotId, Filter = filter?.Predicate };
        await foreach (var file in tables.PlanAsync(table, options, cancellationToken).ConfigureAwait(false))
        {
            var open = new List<Tally>();
            foreach (var measure in measures)
            {
                var bySnapshot = tallies[measure];
                if (!bySnapshot.TryGetValue(file.SequenceNumber, out var tally)) bySnapshot[file.SequenceNumber] = tally = Tally.Of(measure);
                if (filter is null && measure.Kind == MeasureKind.Values && PartitionValue(loaded, file, measure.Column) is { } value) tally.Add(value, file.File.RowCount);
                else open.Add(tally);
            }

            if (open.Count == 0) continue;
            await foreach (var batch in tables.ReadFileAsync(table, file, columns, filter?.Predicate, cancellationToken).ConfigureAwait(false))
            {
                foreach (var tally in open) tally.Add(batch);
            }
        }

        return tallies.ToDictionary(
            item => item.Key,
            item => (IReadOnlyList<MeasuredValue>)[.. item.Value.SelectMany(snapshot => snapshot.Value.Values()
                .Select(value => new MeasuredValue { SequenceNumber = snapshot.Key, Value = value.Value, Amount = value.Amount }))]);
    }

    private static string? PartitionValue(Table table, PlannedFile file, string column)
    {
        if (file.PartitionSpecId != table.PartitionSpecId || file.Deletes.Count > 0) return null;
        for (int i = 0; i < table.PartitionBy.Count; i++)
        {
            if (table.PartitionBy[i] is { Transform: PartitionTransform.Identity } by && by.SourceColumn == column) return file.File.Partition[i] as string;
        }

        return null;
    }
}
