using System.Text;
using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Storage;

namespace Mesh.Lakehouse.Reading;

/// <summary>Deletes the matching rows of data files, one at a time.</summary>
/// <param name="lake">The files.</param>
/// <param name="metadata">The table.</param>
/// <param name="where">Rows to delete.</param>
/// <param name="rewrite">Whether the rows that stay are written to a new file; else the deleted positions are.</param>
internal sealed class RowDeleter(IObjectStore lake, TableMetadata metadata, Predicate where, bool rewrite)
{
    private readonly FilePruning pruning = new(metadata, where);

    public async ValueTask<RowDeletion> DeleteAsync(PlannedFile planned, CancellationToken cancellationToken)
    {
        if (pruning.AllMatch(planned.File, planned.PartitionSpecId)) return new RowDeletion(planned, planned.File.RowCount, DropsFile: true, null);
        return rewrite
            ? await RewriteAsync(planned, cancellationToken).ConfigureAwait(false)
            : await MarkAsync(planned, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Most files hold no matching row: they are found out by the columns of the condition alone, and only the others are written.</summary>
    private async ValueTask<RowDeletion> RewriteAsync(PlannedFile planned, CancellationToken cancellationToken)
    {
        var matching = new TableFileReader(lake, metadata, new Schema([ReservedFields.RowPosition]), where);
        long deleted = 0;
        await foreach (var batch in matching.ReadAsync(planned, cancellationToken).ConfigureAwait(false)) deleted += batch.Length;
        if (deleted == 0) return new RowDeletion(planned, 0, DropsFile: false, null);

        var schema = metadata.CurrentSchema;
        var condition = PredicateFilter.Create(where, schema);
        var selection = new RowSelection();
        var writer = await CreateAsync("kept", schema, cancellationToken).ConfigureAwait(false);
        await using (writer.ConfigureAwait(false))
        {
            var rest = new RowSelection();
            await foreach (var batch in new TableFileReader(lake, metadata, schema, null).ReadAsync(planned, cancellationToken).ConfigureAwait(false))
            {
                condition.Select(batch, selection);
                Complement(selection, batch.Length, rest);
                await writer.WriteAsync(rest.Take(batch), cancellationToken).ConfigureAwait(false);
            }

            if (writer.RowCount == 0) return new RowDeletion(planned, deleted, DropsFile: true, null);
            var file = await writer.CompleteAsync(planned.File.Partition, cancellationToken).ConfigureAwait(false);
            file = file with { SortOrderId = planned.File.SortOrderId ?? 0 };
            return new RowDeletion(planned, deleted, DropsFile: true, new AddedFile(file, planned.PartitionSpecId));
        }
    }

    private async ValueTask<RowDeletion> MarkAsync(PlannedFile planned, CancellationToken cancellationToken)
    {
        var positions = new FixedWidthBuilder<long>(DataType.Int64);
        var matching = new TableFileReader(lake, metadata, new Schema([ReservedFields.RowPosition]), where);
        await foreach (var batch in matching.ReadAsync(planned, cancellationToken).ConfigureAwait(false))
        {
            foreach (long position in batch.Columns[0].Values<long>()) positions.Append(position);
        }

        int deleted = positions.Length;
        if (deleted == 0) return new RowDeletion(planned, 0, DropsFile: false, null);
        if (deleted == planned.File.RowCount) return new RowDeletion(planned, deleted, DropsFile: true, null);

        var schema = new Schema([ReservedFields.FilePath, ReservedFields.Position]);
        byte[] uri = Encoding.UTF8.GetBytes(planned.File.Uri);
        var writer = await CreateAsync("deletes", schema, cancellationToken).ConfigureAwait(false);
        await using (writer.ConfigureAwait(false))
        {
            var batch = new RecordBatch(schema, deleted, [ColumnProjection.Constant(DataType.Utf8, planned.File.Uri, deleted), positions.Build()]);
            await writer.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
            var file = await writer.CompleteAsync(planned.File.Partition, cancellationToken).ConfigureAwait(false);

            // Whole paths as bounds say which file it is for to readers that do not know the field for it (specification, "Delete File Stats").
            var path = file.Columns.FirstOrDefault(column => column.FieldId == ReservedFields.FilePath.Id);
            file = file with
            {
                Content = DataFileContent.PositionDeletes,
                ReferencedDataFile = planned.File.Uri,
                Columns = [.. file.Columns.Where(column => column != path), .. path is null ? Array.Empty<ColumnMetrics>() : [path with { LowerBound = uri, UpperBound = uri }]],
            };
            return new RowDeletion(planned, deleted, DropsFile: false, new AddedFile(file, planned.PartitionSpecId));
        }
    }

    private static void Complement(RowSelection selection, int length, RowSelection rest)
    {
        rest.Clear();
        int next = 0;
        var rows = selection.Rows;
        for (int row = 0; row < length; row++)
        {
            if (next < rows.Length && rows[next] == row) next++;
            else rest.Add(row);
        }
    }

    private ValueTask<LakeFileWriter> CreateAsync(string kind, Schema schema, CancellationToken cancellationToken) => LakeFileWriter.CreateAsync(
        lake, $"{lake.KeyOf(metadata.Location)}/data/{kind}-{Guid.NewGuid():N}.parquet", schema, metadata.CurrentSchemaId,
        LakeFileWriter.OptionsFor(schema, metadata.Properties), cancellationToken);
}
