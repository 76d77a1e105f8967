using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Reading;
using Mesh.Model;

namespace Mesh.Lakehouse;

public sealed partial class TableCatalogue
{
    /// <summary>
    /// Deletes the rows whose values of some columns are those of any row of <paramref name="keys"/>, without reading the table: as an equality
    /// delete file, which every later reader applies. Rows that are added afterwards stay.
    /// </summary>
    /// <param name="identifier">The table.</param>
    /// <param name="keys">Top-level columns of the table by name, of its types; an absent value deletes rows without one.</param>
    /// <param name="summary">Entries for the snapshot's summary.</param>
    /// <param name="cancellationToken">Stops writing.</param>
    /// <returns>The new snapshot; null when there are no keys or no rows.</returns>
    /// <exception cref="MeshException"><c>MESH8109</c> when a column is unknown; <c>MESH8113</c> when it has another type in the table; <c>MESH8112</c> when it is nested.</exception>
    public async ValueTask<Snapshot?> DeleteByKeysAsync(
        TableIdentifier identifier, RecordBatch keys, IReadOnlyDictionary<string, string> summary, CancellationToken cancellationToken)
    {
        if (keys.Length == 0 || keys.Columns.Count == 0) return null;
        Snapshot? snapshot = null;
        await ChangeAsync(
            identifier,
            async state =>
            {
                snapshot = null;
                if (state.Metadata.CurrentSnapshot is null) return null;
                var schema = Project(identifier, state.Metadata.CurrentSchema, [.. keys.Schema.Fields.Select(field => field.Name)]);
                var columns = schema.Fields.Select((field, index) => ColumnProjection.Adapt(keys.Columns[index], keys.Schema.Fields[index].Type, field.Type, field.Name)).ToList();
                if (schema.Fields.Any(field => field.Type.Kind is TypeKind.List or TypeKind.Map or TypeKind.Struct))
                {
                    throw new MeshException("MESH8112", $"Rows of table {identifier} cannot be deleted by a nested column. Delete them by a condition on a field of it.");
                }

                var written = new List<string>();
                try
                {
                    // Without partition values it is for all partitions (specification, "Scan Planning").
                    var metadata = WithSpec(Succeed(state), [], out int specId);
                    var file = await WriteKeysAsync(state, new RecordBatch(schema, keys.Length, columns), cancellationToken).ConfigureAwait(false);
                    written.Add(file.Uri);
                    var writer = new SnapshotWriter(this, lake, options, state with { Metadata = metadata }, metadata.LastUpdatedMs);
                    snapshot = await writer.WriteAsync(
                        new SnapshotChange { Operation = "delete", Added = [new AddedFile(file, specId)], Summary = summary },
                        state.Metadata.CurrentSnapshot, cancellationToken).ConfigureAwait(false);
                    written.AddRange(writer.WrittenUris);
                    return new TableChange(WithSnapshot(metadata, snapshot), written);
                }
                catch
                {
                    await TryDeleteAsync(written).ConfigureAwait(false);
                    throw;
                }
            },
            cancellationToken).ConfigureAwait(false);
        return snapshot;
    }

    private async ValueTask<DataFile> WriteKeysAsync(TableState state, RecordBatch keys, CancellationToken cancellationToken)
    {
        var writer = await LakeFileWriter.CreateAsync(
            lake, $"{lake.KeyOf(state.Metadata.Location)}/data/deletes-{Guid.NewGuid():N}.parquet", keys.Schema, state.Metadata.CurrentSchemaId,
            LakeFileWriter.OptionsFor(keys.Schema, state.Metadata.Properties), cancellationToken).ConfigureAwait(false);
        await using (writer.ConfigureAwait(false))
        {
            await writer.WriteAsync(keys, cancellationToken).ConfigureAwait(false);
            var file = await writer.CompleteAsync([], cancellationToken).ConfigureAwait(false);
            return file with { Content = DataFileContent.EqualityDeletes, EqualityFieldIds = [.. keys.Schema.Fields.Select(field => field.Id)] };
        }
    }
}
