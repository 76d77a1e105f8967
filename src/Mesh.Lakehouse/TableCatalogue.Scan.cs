using System.Runtime.CompilerServices;
using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse;

public sealed partial class TableCatalogue
{
    /// <summary>Rows of a batch that is made for a file without any of the wanted columns.</summary>
    private const int NullBatchRows = 8192;

    /// <summary>Data files of a table at a snapshot, optionally only those added after another, oldest commits first.</summary>
    /// <exception cref="MeshException"><c>MESH8105</c> when a snapshot is unknown or not an ancestor of the one read.</exception>
    public async ValueTask<IReadOnlyList<DataFile>> ListFilesAsync(TableIdentifier identifier, ScanOptions options, CancellationToken cancellationToken)
    {
        var files = new List<DataFile>();
        await foreach (var file in PlanAsync(identifier, options with { IncludeMetrics = true }, cancellationToken).ConfigureAwait(false)) files.Add(file.File);
        return files;
    }

    /// <summary>Reads rows under the table's current schema, columns missing in older files as nulls.</summary>
    /// <exception cref="MeshException"><c>MESH8105</c> when a snapshot is unknown or not an ancestor of the one read; <c>MESH8109</c> when a column is unknown.</exception>
    public async IAsyncEnumerable<RecordBatch> ScanAsync(
        TableIdentifier identifier, ScanOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var state = await LoadStateAsync(identifier, cancellationToken).ConfigureAwait(false);
        var schema = Project(identifier, state.Metadata.CurrentSchema, options.Columns);
        await foreach (var file in PlanAsync(state, options, cancellationToken).ConfigureAwait(false))
        {
            await foreach (var batch in ReadFileAsync(file, schema, cancellationToken).ConfigureAwait(false)) yield return batch;
        }
    }

    /// <summary>Reads the rows of a planned file under the table's current schema, without those that its deletes remove.</summary>
    /// <param name="identifier">The table.</param>
    /// <param name="file">The file, as planned.</param>
    /// <param name="columns">Top-level columns; null for all.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="MeshException"><c>MESH8109</c> when a column is unknown; <c>MESH8113</c> when the file does not fit the table.</exception>
    public async IAsyncEnumerable<RecordBatch> ReadFileAsync(
        TableIdentifier identifier, PlannedFile file, IReadOnlyList<string>? columns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var state = await LoadStateAsync(identifier, cancellationToken).ConfigureAwait(false);
        var schema = Project(identifier, state.Metadata.CurrentSchema, columns);
        await foreach (var batch in ReadFileAsync(file, schema, cancellationToken).ConfigureAwait(false)) yield return batch;
    }

    /// <summary>Number of manifests of the current snapshot of a table as it was loaded: what planning a scan has to look at.</summary>
    public async ValueTask<int> CountManifestsAsync(Table table, CancellationToken cancellationToken) =>
        table.CurrentSnapshot is { } current ? (await ReadManifestListAsync(current, cancellationToken).ConfigureAwait(false)).Count : 0;

    internal async ValueTask<IReadOnlyList<ManifestFile>> ReadManifestListAsync(Snapshot snapshot, CancellationToken cancellationToken) =>
        ManifestListFile.Read(await ReadObjectAsync(snapshot.ManifestListUri, cancellationToken).ConfigureAwait(false), snapshot.ManifestListUri);

    internal async ValueTask<IReadOnlyList<ManifestEntry>> ReadManifestAsync(
        TableMetadata metadata, ManifestFile manifest, CancellationToken cancellationToken, Func<int, bool>? metricsOf = null)
    {
        var layout = PartitionLayout.Of(metadata, manifest.PartitionSpecId);
        var bytes = await ReadObjectAsync(manifest.Path, cancellationToken).ConfigureAwait(false);
        return ManifestReader.Read(bytes, manifest, layout, metricsOf);
    }

    /// <summary>The snapshots that brought new rows after one and up to another.</summary>
    private static HashSet<long> SnapshotsBetween(TableState state, Snapshot after, Snapshot last)
    {
        var between = new HashSet<long>();
        for (var snapshot = last; snapshot.SnapshotId != after.SnapshotId;)
        {
            // Rewriting files, as compaction does, brings no rows.
            if (snapshot.Summary.GetValueOrDefault("operation") != "replace") between.Add(snapshot.SnapshotId);
            snapshot = (snapshot.ParentSnapshotId is { } parent ? state.Metadata.FindSnapshot(parent) : null)
                ?? throw new MeshException("MESH8105",
                    $"Snapshot {after.SnapshotId} is not an ancestor of {last.SnapshotId} in table {state.Identifier}: the table was rolled back or the "
                    + "snapshots between have expired. Read from the beginning.");
        }

        return between;
    }

    private static Snapshot FindSnapshot(TableState state, long id) => state.Metadata.FindSnapshot(id)
        ?? throw new MeshException("MESH8105", $"Table {state.Identifier} has no snapshot {id}: it has expired or belongs to another table. Read from the beginning.");

    private static Schema Project(TableIdentifier identifier, Schema schema, IReadOnlyList<string>? columns) => columns is null
        ? schema
        : new Schema([.. columns.Select(name => schema.IndexOf(name) is >= 0 and var index
            ? schema.Fields[index]
            : throw new MeshException("MESH8109",
                $"Table {identifier} has no column '{name}'. There are: {string.Join(", ", schema.Fields.Select(field => field.Name))}."))]);

    internal async IAsyncEnumerable<RecordBatch> ReadFileAsync(PlannedFile planned, Schema schema, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var file = planned.File;
        if (planned.Deletes.Count > 0)
        {
            throw new MeshException("MESH8112",
                $"'{file.Uri}' has row-level deletes, which are not supported. Rewrite the table without them with the engine that made them.");
        }

        var source = await lake.OpenAsync(lake.KeyOf(file.Uri), cancellationToken).ConfigureAwait(false);
        ParquetReader reader;
        try
        {
            reader = await ParquetReader.OpenAsync(source, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        await using (reader.ConfigureAwait(false))
        {
            var found = schema.Fields.Select(field => ColumnProjection.Find(reader.Schema.Fields, field)).ToList();
            var present = found.OfType<Field>().Select(field => field.Name).Distinct().ToList();
            if (present.Count == 0)
            {
                for (long left = reader.RowCount; left > 0; left -= NullBatchRows)
                {
                    int rows = (int)Math.Min(left, NullBatchRows);
                    yield return new RecordBatch(schema, rows, [.. schema.Fields.Select(field => ColumnProjection.Nulls(field.Type, rows))]);
                }

                yield break;
            }

            await foreach (var batch in reader.ReadAsync(present, cancellationToken).ConfigureAwait(false))
            {
                yield return new RecordBatch(schema, batch.Length, [.. schema.Fields.Select((field, index) => found[index] is { } fileField
                    ? ColumnProjection.Adapt(batch[fileField.Name], fileField.Type, field.Type, field.Name)
                    : ColumnProjection.Nulls(field.Type, batch.Length))]);
            }
        }
    }
}
