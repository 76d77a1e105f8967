using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Storage;

namespace Mesh.Lakehouse.Reading;

/// <summary>Reads data files of one table under one schema: columns by id, deletes applied, rows filtered.</summary>
/// <param name="lake">The files.</param>
/// <param name="metadata">The table.</param>
/// <param name="schema">Columns wanted, by their ids; <see cref="ReservedFields.RowPosition"/> may be one.</param>
/// <param name="filter">Condition on rows, by names of the current schema; null for all rows.</param>
internal sealed class TableFileReader(IObjectStore lake, TableMetadata metadata, Schema schema, Predicate? filter)
{
    /// <summary>Rows of a batch that is made for a file without any of the wanted columns.</summary>
    private const int NullBatchRows = 8192;

    private readonly RowKeys rowKeys = new();
    private readonly DeleteReader deletes = new(lake, metadata);
    private readonly IReadOnlyList<Field> filterColumns = filter is null ? [] : FilterColumns.Of(filter, metadata.CurrentSchema);

    /// <summary>Rows that are left of a file.</summary>
    public async IAsyncEnumerable<RecordBatch> ReadAsync(PlannedFile planned, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var positions = await deletes.ReadPositionsAsync(planned, cancellationToken).ConfigureAwait(false);
        var equality = new List<(IReadOnlyList<Field> Columns, HashSet<byte[]> Keys)>();
        foreach (var file in planned.Deletes)
        {
            if (file.Content == DataFileContent.EqualityDeletes) equality.Add(await deletes.ReadEqualityAsync(file, cancellationToken).ConfigureAwait(false));
        }

        // The wanted columns come first, then those that only deletes and the condition look at.
        var fields = new List<Field>(schema.Fields);
        IReadOnlyList<Field> position = positions is null ? [] : [ReservedFields.RowPosition];
        foreach (var field in filterColumns.Concat(equality.SelectMany(delete => delete.Columns)).Concat(position))
        {
            if (fields.All(known => known.Id != field.Id)) fields.Add(field);
        }

        var wide = new Schema(fields);
        var keyed = equality.ConvertAll(delete => (delete.Columns.Select(column => fields.FindIndex(field => field.Id == column.Id)).ToArray(), delete.Keys));
        var condition = filter is null ? null : PredicateFilter.Create(filter, wide);
        var selection = new RowSelection();
        int place = positions is null ? -1 : fields.FindIndex(field => field.Id == ReservedFields.RowPosition.Id);
        await foreach (var batch in ReadAllAsync(planned, wide, cancellationToken).ConfigureAwait(false))
        {
            var left = positions is null ? batch : Without(batch, selection, positions, batch.Columns[place].Values<long>());
            foreach (var (columns, keys) in keyed) left = Without(left, selection, columns, keys);
            if (condition is not null)
            {
                condition.Select(left, selection);
                left = selection.Take(left);
            }

            if (left.Length > 0) yield return Narrow(left);
        }
    }

    private static RecordBatch Without(RecordBatch batch, RowSelection selection, DeletedPositions positions, ReadOnlySpan<long> rows)
    {
        selection.Clear();
        for (int row = 0; row < rows.Length; row++)
        {
            if (!positions.Contains(rows[row])) selection.Add(row);
        }

        return selection.Take(batch);
    }

    private RecordBatch Without(RecordBatch batch, RowSelection selection, int[] columns, HashSet<byte[]> keys)
    {
        var lookup = keys.GetAlternateLookup<ReadOnlySpan<byte>>();
        var vectors = Array.ConvertAll(columns, column => batch.Columns[column]);
        selection.Clear();
        for (int row = 0; row < batch.Length; row++)
        {
            if (!lookup.Contains(rowKeys.Of(vectors, row))) selection.Add(row);
        }

        return selection.Take(batch);
    }

    private RecordBatch Narrow(RecordBatch batch) => batch.Columns.Count == schema.Fields.Count
        ? batch
        : new RecordBatch(schema, batch.Length, [.. batch.Columns.Take(schema.Fields.Count)]);

    private async IAsyncEnumerable<RecordBatch> ReadAllAsync(PlannedFile planned, Schema wide, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = await DeleteReader.OpenAsync(lake, planned.File, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            var found = wide.Fields.Select(field => ColumnProjection.Find(reader.Schema.Fields, field)).ToList();
            var constants = wide.Fields.Select((field, index) => found[index] is null ? PartitionConstant(planned, field) : null).ToList();
            var present = found.OfType<Field>().Select(field => field.Name).Distinct().ToList();
            long first = 0;
            if (present.Count == 0)
            {
                for (; first < reader.RowCount; first += NullBatchRows)
                {
                    int rows = (int)Math.Min(reader.RowCount - first, NullBatchRows);
                    yield return new RecordBatch(wide, rows, [.. wide.Fields.Select((field, index) => Missing(field, constants[index], first, rows))]);
                }

                yield break;
            }

            string position = ReservedFields.RowPosition.Name;
            while (present.Contains(position)) position += "_";
            var options = new ParquetReadOptions
            {
                Columns = present,
                Filter = filter is null ? null : FileFilter.Of(filter, metadata.CurrentSchema.Fields, reader.Schema.Fields),
                RowPositionColumn = wide.Fields.Any(field => field.Id == ReservedFields.RowPosition.Id) ? position : null,
            };
            await foreach (var batch in reader.ReadAsync(options, cancellationToken).ConfigureAwait(false))
            {
                yield return new RecordBatch(wide, batch.Length, [.. wide.Fields.Select((field, index) =>
                {
                    if (field.Id == ReservedFields.RowPosition.Id) return batch[position];
                    return found[index] is { } fileField
                        ? ColumnProjection.Adapt(batch[fileField.Name], fileField.Type, field.Type, field.Name)
                        : ColumnProjection.Constant(field.Type, constants[index], batch.Length);
                })]);
            }
        }
    }

    private static ColumnVector Missing(Field field, object? constant, long first, int rows)
    {
        if (field.Id != ReservedFields.RowPosition.Id) return ColumnProjection.Constant(field.Type, constant, rows);
        byte[] positions = new byte[rows * sizeof(long)];
        var values = MemoryMarshal.Cast<byte, long>(positions.AsSpan());
        for (int i = 0; i < values.Length; i++) values[i] = first + i;
        return new ColumnVector { Type = field.Type, Length = rows, ValueBytes = positions };
    }

    /// <summary>The value of a column that is not in the file because its partition says it (specification, "Column Projection").</summary>
    private object? PartitionConstant(PlannedFile planned, Field field)
    {
        var layout = PartitionLayout.Of(metadata, planned.PartitionSpecId);
        for (int i = 0; i < layout.Types.Count; i++)
        {
            var by = layout.Spec.Fields[i];
            if (by.SourceId == field.Id && by.Transform == PartitionTransform.Identity) return SingleValues.Widen(planned.File.Partition[i], field.Type);
        }

        return null;
    }
}
